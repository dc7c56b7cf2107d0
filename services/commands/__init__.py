"""The commands of `seloste`, one module an area."""
