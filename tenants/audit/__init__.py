"""Who did what to whose data: entries, and the chain that seals them."""
