"""What a person asks of the group, and the case that each controller makes of it."""
