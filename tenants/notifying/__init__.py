"""Who received a person's data is told what became of it (Art. 19), and asked to confirm it."""
