"""What was last measured for each target, with the command: each command measures a part of them."""

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.targets import TARGETS, Results

FIGURES = Path(__file__).with_name("figures.json")


@dataclass(frozen=True)
class Figures:
    """The figure of each round, and the arguments after `python -m`."""

    values: Sequence[float]
    command: str


def read_figures() -> dict[str, Figures]:
    """What was kept, by the name of the target."""
    kept = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    return {target.what: Figures(**kept[target.what]) for target in TARGETS if target.what in kept}


def keep_figures(results: Results) -> dict[str, Figures]:
    """Keeps what *results* have for any target, in place of what was there; all that is kept."""
    kept = read_figures() | measured_figures(results)
    text = json.dumps({name: asdict(figures) for name, figures in kept.items()}, indent=1)
    FIGURES.write_text(f"{text}\n", encoding="utf-8")
    return kept


def measured_figures(results: Results) -> dict[str, Figures]:
    """The figures in *results*, which this command measured."""
    command = shlex.join((_module(), *_choices()))
    measured = {target.what: target.read(results) for target in TARGETS}
    return {
        what: Figures([round(value, 4) for value in values], command)
        for what, values in measured.items()
        if values
    }


def _choices() -> Iterator[str]:
    """The arguments that make a difference to the figures."""
    arguments = iter(sys.argv[1:])
    for argument in arguments:
        if argument == "--work":
            next(arguments, None)
        elif argument != "--write-docs":
            yield argument


def _module() -> str:
    """The module that runs, as it is named after `python -m`."""
    spec = sys.modules["__main__"].__spec__
    return spec.name.removesuffix(".__main__") if spec else "tests.bench"


def shown_command() -> str:
    """The command that runs, for the docs."""
    return f"```sh\npython -m {shlex.join((_module(), *sys.argv[1:]))}\n```\n"
