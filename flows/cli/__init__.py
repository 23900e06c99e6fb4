"""The terminal: the ``storyreel`` command, its options, and what it shows."""

from flows.cli.start import main

__all__ = ["main"]
