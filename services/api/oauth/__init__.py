"""The OAuth 2 server of each group: access tokens for the systems of processors, and what a client asks about them."""
