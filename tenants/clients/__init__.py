"""OAuth 2 clients: how the systems of processors prove who they are, and the tokens with which they fetch feeds."""
