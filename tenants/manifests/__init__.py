"""The manifest of a group: read, checked, compared with the database, applied."""
