"""Fuzzing with atheris, guided by coverage; not part of the tests. It looks for tracebacks.

    pip install atheris
    python -m tests.fuzz.tables -max_total_time=600
    python -m tests.fuzz.studies -max_total_time=600
    python -m tests.fuzz.envelopes -max_total_time=600

A crash writes its input to `crash-…`. Give that file as the argument to repeat it, and add a test.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path


def with_examples(arguments: list[str], examples: Iterable[bytes]) -> list[str]:
    """*arguments* with a folder of valid inputs to start from, unless they name an input."""
    if any(not argument.startswith("-") for argument in arguments[1:]):
        return arguments
    folder = Path(tempfile.mkdtemp())
    for number, example in enumerate(examples):
        (folder / str(number)).write_bytes(example)
    return [*arguments, str(folder)]
