"""/api/v1: what the office does, for programs."""
