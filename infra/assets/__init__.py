"""What browsers load from us: fonts and htmx, from npm."""
