"""The job edge: relay, schedule, sealer, and the actors."""
