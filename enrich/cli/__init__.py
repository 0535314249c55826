"""The command line: options in, one call, text out.

Each command is a module of its own. It imports what it works with when it is called: help and a
wrong option are answered at once.
"""

from enrich.cli.options import Time
from enrich.cli.root import main

__all__ = ["Time", "main"]
