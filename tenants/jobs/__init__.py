"""Jobs are rows first: the outbox from which the relay carries them to the queue."""
