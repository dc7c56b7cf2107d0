"""People who do not exist, for the demo and the tests."""
