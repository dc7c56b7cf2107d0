"""The edges: HTTP, jobs, and the command line."""

import gc

# Next to nothing of what a process imports is ever garbage: to look for it after each 700 objects was a sixth of the
# time in which one starts.
gc.set_threshold(50_000, 20, 20)
