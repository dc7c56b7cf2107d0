"""The edges: HTTP, jobs, and the command line."""
