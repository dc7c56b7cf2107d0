"""The constants of the clock as data: each with its version, the time it is in force, and where it is written."""
