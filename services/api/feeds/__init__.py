"""The door of processors' systems."""
