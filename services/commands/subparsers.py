"""The type of what `argparse` returns where commands are added; it has no public name of its own."""

import argparse
from typing import TypeAlias

# In quotes: it takes a parameter in the type checker only.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
