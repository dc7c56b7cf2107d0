"""The conformance checker of OpenDSR: what a processor or a controller answers, held against the standard."""
