"""What recipients outside receive, and what they are told when it changes."""
