"""Keys, sealed values, keyed digests, and sealed objects in S3."""
