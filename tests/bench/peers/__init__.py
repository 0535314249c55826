"""What others do, each a program of its own that a peer's environment runs: no module of `enrich`
may be imported here.
"""
