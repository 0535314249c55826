"""What the services answered about each trial, kept with its day in `cache/papers/`."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from enrich.atomic import write_atomic_creating_folder
from enrich.bounds import LARGEST_COPY
from enrich.errors import CacheError
from enrich.files import read_kept_json
from enrich.literature.services import FoundPaper

_MOST_BYTES = 16_000_000  # of the answers about one trial, which have some kilobytes


class KeptAnswer(NamedTuple):
    """The papers that a service named for a trial, and the ISO day on which it was asked.

    *total* is how many it has; None in answers that older versions kept.
    """

    asked_on: str
    papers: tuple[FoundPaper, ...]
    total: int | None = None

    @property
    def unread(self) -> int:
        """How many papers the service has that were not read."""
        return max((self.total or 0) - len(self.papers), 0)


class KeptAnswers:
    """The folder of kept answers: one file for each trial, and the file of notices."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notices_file = folder / "retraction_watch.csv"

    def read(self, nct_id: str) -> dict[str, KeptAnswer]:
        """The answers about a trial by service; a file that cannot be read counts as missing."""
        kept = read_kept_json(self._path(nct_id), LARGEST_COPY) or {}
        try:
            return {service: _answer(answer) for service, answer in kept.items()}
        except (KeyError, TypeError, ValueError, AttributeError):
            return {}

    def keep(self, nct_id: str, answers: Mapping[str, KeptAnswer]) -> None:
        """Writes the answers about a trial; CacheError names a file that cannot be written."""
        kept = {
            service: {
                "asked_on": answer.asked_on,
                "total": answer.total,
                "papers": list(map(asdict, answer.papers)),
            }
            for service, answer in answers.items()
        }
        write_atomic_creating_folder(self._path(nct_id), _packed(kept), CacheError)

    def notices(self) -> tuple[str, str | None] | None:
        """The day and the tag of the kept file of notices; None without one."""
        kept = read_kept_json(self._notices_state, LARGEST_COPY) or {}
        day, tag = kept.get("checked_on"), kept.get("tag")
        if not isinstance(day, str) or not self.notices_file.exists():
            return None
        return day, tag if isinstance(tag, str) else None

    def keep_notices(self, day: str, tag: str | None, content: bytes | None) -> None:
        """Notes that the notices are those of *day*; *content* is the file, None if unchanged."""
        if content is not None:
            write_atomic_creating_folder(self.notices_file, content, CacheError)
        kept = {"checked_on": day, "tag": tag}
        write_atomic_creating_folder(self._notices_state, _packed(kept), CacheError)

    @property
    def _notices_state(self) -> Path:
        return self.folder / "retraction_watch.json"

    def _path(self, nct_id: str) -> Path:
        return self.folder / f"{nct_id}.json"


def _answer(kept: Mapping[str, Any]) -> KeptAnswer:
    date.fromisoformat(kept["asked_on"])
    papers = tuple(FoundPaper(**paper) for paper in kept["papers"])
    total = kept.get("total")
    return KeptAnswer(kept["asked_on"], papers, total if isinstance(total, int) else None)


def _packed(kept: Mapping[str, Any]) -> bytes:
    return orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
