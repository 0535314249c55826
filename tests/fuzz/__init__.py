"""Loops that look for a traceback, guided by coverage (atheris): ten minutes each, outside the tests.

    pip install atheris
    python -m tests.fuzz.tables -max_total_time=600
    python -m tests.fuzz.studies -max_total_time=600
    python -m tests.fuzz.envelopes -max_total_time=600

A crash leaves its input in `crash-…`; name it again as the argument to see it once more, and add it to the tests by name.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path


def beginning_with(arguments: list[str], examples: Iterable[bytes]) -> list[str]:
    """*arguments* with a folder of sound inputs to begin with, unless a single input is to be seen once more."""
    if any(not argument.startswith("-") for argument in arguments[1:]):
        return arguments
    folder = Path(tempfile.mkdtemp())
    for number, example in enumerate(examples):
        (folder / str(number)).write_bytes(example)
    return [*arguments, str(folder)]
