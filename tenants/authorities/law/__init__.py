"""The provisions by which authorities ask for personal data, as versioned data with their sources."""
