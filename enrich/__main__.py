"""`python -m enrich` is `enrich`."""

import sys

# A file in the folder where somebody runs this, such as signal.py, is none of our libraries.
if not sys.flags.safe_path and sys.path:
    del sys.path[0]

from enrich.cli import main

main()
