"""Registers, their fields and purposes; persons, records, identifiers; imports."""
