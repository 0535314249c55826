"""The commands by name, each imported when it is first used: help and a quick command wait for no
other.
"""

from collections import UserDict
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import NamedTuple

import click


class Announced(NamedTuple):
    """A command before it is imported: the *module* of this package with a function of its name,
    and its line in the help.
    """

    module: str
    summary: str


class Commands(UserDict[str, click.Command]):
    """The commands that are *announced*. The outputs of each are checked before it runs."""

    def __init__(self, announced: Mapping[str, tuple[str, str]]) -> None:
        super().__init__()
        self.announced = {name: Announced(*place) for name, place in announced.items()}

    def __missing__(self, name: str) -> click.Command:
        if name not in self.announced:
            raise KeyError(name)
        from enrich.cli.outputs import checking_outputs

        place = self.announced[name]
        command: click.Command = getattr(import_module(f"enrich.cli.{place.module}"), name)
        command.short_help = place.summary
        if command.callback is not None:
            command.callback = checking_outputs(command.callback)
        self.data[name] = command
        return command

    def __contains__(self, name: object) -> bool:
        return name in self.announced

    def __iter__(self) -> Iterator[str]:
        return iter(self.announced)

    def __len__(self) -> int:
        return len(self.announced)
