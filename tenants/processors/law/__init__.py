"""What the law says of transfers to other countries, as versioned data with its sources."""
