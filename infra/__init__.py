"""How Seloste is run: the embedded stack, the test identity provider, the browser assets, the containers."""
