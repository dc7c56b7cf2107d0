"""The people of processors: who may sign in to the console, what they see there, what they ask the company for."""
