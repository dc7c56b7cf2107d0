"""The one way out: whoever calls an address that others gave goes through `calling.send`."""
