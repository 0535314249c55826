"""`python -m enrich` is `enrich`."""

from enrich.cli import main

main()
