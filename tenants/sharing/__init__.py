"""Sharing inside the group: what one company lets another see, under policies that its notice covers."""
