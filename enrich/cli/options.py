"""What several commands share: their options, and the time. The only place that asks the clock."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Time:
    """Where commands get the time from: *clock* gives it (ISO, UTC), *sleep* lets it pass. Tests give their own."""

    clock: Callable[[], str] = _utc_now
    sleep: Callable[[float], None] = time.sleep


class NonEmptyFilePath(click.Path):
    """A file by its name. Rejects directories and empty names (e.g. an unset shell variable)."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; a usage error where *value* is empty or a directory."""
        if not str(value):
            self.fail("the file name is empty", param, ctx)
        return super().convert(value, param, ctx)


table_option = click.option(
    "--table",
    "tables",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="A table's description (.toml). Can be repeated.  [default: every data/*.toml]",
)
db_option = click.option(
    "--db",
    type=NonEmptyFilePath(),
    default=Path("data/trials.db"),
    show_default=True,
    help="The SQLite file.",
)
