"""Floor 1: what Seloste says to people, in Finnish, Swedish and English. Imports nothing of ours."""
