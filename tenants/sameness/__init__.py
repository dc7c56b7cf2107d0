"""Two persons of one company that are one human, and one person that is two: found, compared, changed, undone."""
