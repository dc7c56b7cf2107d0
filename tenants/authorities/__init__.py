"""What leaves for authorities, and in emergencies: with a provision or a ground, two persons, and an account of it."""
