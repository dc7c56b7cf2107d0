"""OpenDSR on the web: what controllers ask of us, and what processors call back."""
