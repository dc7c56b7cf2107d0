"""The proof that the walls of an installation stand: asked of the installation itself, and nothing of it is kept."""
