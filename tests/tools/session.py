"""Records the terminal session of the first table: `python -m tests.tools.session`.

It types the commands of the session into an empty folder with the invented article, against a
registry that has the invented records, and writes down what they print.
"""

import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from click.testing import CliRunner

from enrich.cli import Time, main
from tests.fixtures.registry_server import History, StandInRegistry, Study
from tests.fixtures.sample_runs import sample_study

FOLDER = Path(__file__).parents[2] / "docs" / "first-table"
ARTICLE = FOLDER / "moonlight.html"
SESSION = FOLDER / "session.txt"
COMMANDS = (
    "enrich init moonlight.html --published 2025-02-14",
    "cat data/moonlight.toml",
    "enrich sync",
)
_NOW = "2026-11-22T07:00:00+00:00"


def records() -> list[Study]:
    """The records of the trials in the article.

    One number of participants was wrong from the beginning, and one status has changed since.
    """
    adults = {"minimum_age": "18 Years"}
    return [
        sample_study(
            90000001,
            brief_title="Full Moon for Sleep",
            enrollment=40,
            masking="DOUBLE",
            maximum_age="65 Years",
            **adults,
        ),
        sample_study(
            90000002,
            brief_title="Half Moon for Sleep",
            enrollment=20,
            phases=["PHASE1"],
            overall_status="COMPLETED",
            **adults,
        ),
        moved("COMPLETED", "2025-09-20"),
        sample_study(
            90000004,
            brief_title="Crescent for Sleep",
            enrollment=60,
            overall_status="NOT_YET_RECRUITING",
            **adults,
        ),
        sample_study(
            90000005,
            brief_title="Full Moon for Pupils",
            enrollment=60,
            masking="SINGLE",
            minimum_age="6 Years",
            maximum_age="17 Years",
        ),
    ]


def moved(status: str, day: str) -> Study:
    """The record whose status has changed, as it was on *day*."""
    return sample_study(
        90000003,
        brief_title="Half Moon for Sleep, Continued",
        enrollment=120,
        phases=["PHASE3"],
        masking="DOUBLE",
        minimum_age="18 Years",
        overall_status=status,
        last_update_submitted=day,
        last_update_posted=day,
    )


def _history() -> History:
    earlier = moved("RECRUITING", "2024-06-03")
    return History(
        [
            ("2024-06-03", [], earlier),
            ("2025-09-20", ["Study Status"], moved("COMPLETED", "2025-09-20")),
        ]
    )


@contextmanager
def _in_folder(registry: StandInRegistry) -> Iterator[Path]:
    """An empty folder with the article, and a registry that commands ask."""
    before = os.environ.get("ENRICH_REGISTRY")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        shutil.copy(ARTICLE, folder)
        os.environ["ENRICH_REGISTRY"] = registry.url
        try:
            yield Path(folder)
        finally:
            del os.environ["ENRICH_REGISTRY"]
            if before is not None:
                os.environ["ENRICH_REGISTRY"] = before


def record() -> str:
    """The commands, each behind a `$`, with what they print."""
    with (
        StandInRegistry(
            records(), loaded="2026-11-21T09:00:00", histories={"NCT90000003": _history()}
        ) as registry,
        _in_folder(registry) as folder,
    ):
        return "\n".join(f"$ {command}\n{_printed(command, folder)}" for command in COMMANDS)


def _printed(command: str, folder: Path) -> str:
    program, *arguments = shlex.split(command)
    if program == "cat":
        return (folder / arguments[0]).read_text(encoding="utf-8")
    time = Time(clock=lambda: _NOW, sleep=lambda seconds: None)
    result = CliRunner().invoke(main, arguments, obj=time)
    assert result.exit_code == 0, result.output
    return result.output


def parts(session: str) -> dict[str, str]:
    """What each command of a recorded session printed, with the command."""
    found = {}
    for part in session.removeprefix("$ ").split("\n$ "):
        command, _, _ = part.partition("\n")
        found[command] = f"$ {part.rstrip()}\n"
    return found


if __name__ == "__main__":
    SESSION.write_text(record(), encoding="utf-8")
