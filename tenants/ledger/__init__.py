"""Who received which fields of whom, when, for what purpose (Art. 15(1)(c), Art. 19)."""
