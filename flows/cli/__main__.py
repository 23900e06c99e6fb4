"""``python -m flows.cli``: the ``storyreel`` command."""

from flows.cli import main

main()
