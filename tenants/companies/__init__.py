"""Companies (controllers), the members of staff, their roles and permissions."""
