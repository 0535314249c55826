"""How fast `enrich` is beside its peers and beside the floor: `python -m tests.bench`."""
