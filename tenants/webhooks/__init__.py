"""Standard Webhooks 1.0.0: recipients are told that something happened, by ids alone, until they have heard it."""
