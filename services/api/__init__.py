"""The web edge: office, portal and REST API."""
