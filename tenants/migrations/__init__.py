"""Alembic migrations: tables and their policies together."""
