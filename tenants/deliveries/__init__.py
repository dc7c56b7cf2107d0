"""Feeds as files: where they go, when, and what was delivered."""
