"""What is to be looked at on which day, and letters to the members of staff who are to look."""
