"""The type of what `argparse` returns where commands are added; it has no public name of its own."""

import argparse

Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]
