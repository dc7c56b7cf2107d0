"""Signing in to the office by OpenID Connect, and the sessions of the staff."""
