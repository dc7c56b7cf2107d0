"""The door of the persons whose data it is: notices, requests, and what became of them, without an account."""
