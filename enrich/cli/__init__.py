"""The command line: options in, one call, text out.

Each command is a module of its own. It imports what it works with when it is called: help and a
wrong option are answered at once.
"""

from enrich.cli.root import main
from enrich.cli.time import Time

__all__ = ["Time", "main"]
