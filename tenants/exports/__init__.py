"""The archive a person is given: built, kept, downloaded once, expired."""
