"""How long recipients are left in peace, as versioned data with its sources."""
