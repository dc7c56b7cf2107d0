"""The door of processors' people."""
