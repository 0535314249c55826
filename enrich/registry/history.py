"""Asks the registry's own site how a record read earlier.

The interface is undocumented, so every shape is checked and every failure has its sentence.
Versions never change: each is asked for once and kept in `cache/history/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from enrich.atomic import write_atomic_creating_folder
from enrich.bounds import LARGEST_COPY
from enrich.dates import PartialDate
from enrich.errors import EnrichError, NotFound, RegistryError
from enrich.files import read_kept_json
from enrich.models import Study, SubmittedVersion, Trial
from enrich.record.fields import trial_of

if TYPE_CHECKING:
    from enrich.registry.client import Registry

POSTPONED = "the registry's history is read by a later run (--history-budget)"
_STRANGE = "the registry's history has an unexpected format"


class NoHistory(EnrichError):
    """The history of a record cannot be had; the message says why, for the report."""


class HistoryNotRead(NoHistory):
    """It was not read in this run; another run may read it."""


class HistoryPostponed(HistoryNotRead):
    """This run has sent as many requests for histories as it may."""


class History:
    """The histories of records, from the registry or from *folder*.

    Without a registry only what is kept in the folder is known. *clock* gives the time (ISO, UTC).
    *budget* is the largest number of requests, retries not counted; None for no bound.
    """

    def __init__(
        self,
        registry: Registry | None,
        folder: Path,
        clock: Callable[[], str],
        budget: int | None = None,
    ) -> None:
        self._registry = registry
        self._folder = folder
        self._clock = clock
        self._budget = budget

    def versions(
        self, trial: Trial, known_since: str, load: str | None = None
    ) -> tuple[SubmittedVersion, ...]:
        """The versions of *trial*'s record, oldest first; *known_since* is when its present content
        was fetched.

        A list that lags behind the record is asked for again, once for each *load* of the registry.
        Raises NoHistory where there is none, or none that can be read.
        """
        path = self._folder / trial.nct_id / "versions.json"
        kept = _read_versions(path)
        if kept is None or not _is_current(kept, trial, known_since, load):
            kept = {**self._ask_versions(trial.nct_id), "load": load}
            _write(path, kept)
        if not kept["changes"]:
            raise NoHistory(str(kept.get("reason") or "the registry has no history of this record"))
        return _entries(kept["changes"])

    def _ask_versions(self, nct_id: str) -> dict[str, Any]:
        kept: dict[str, Any] = {"retrieved_at": self._clock(), "changes": []}
        try:
            body = self._ask(f"{nct_id}/history")
            _entries(body.get("changes"))
            return {**kept, "changes": body["changes"]}
        except NotFound as error:
            return {**kept, "reason": f"the registry has no history of this record ({error})"}

    def facts(self, nct_id: str, version: int) -> Trial:
        """The facts that a version of a record gave; NoHistory where it cannot be read."""
        return self._version(nct_id, version)[0]

    def study(self, nct_id: str, version: int) -> Study:
        """A version of a record, its prose as plain text; NoHistory where it cannot be read."""
        return self._version(nct_id, version)[1]

    def _version(self, nct_id: str, version: int) -> tuple[Trial, Study]:
        path = self._folder / nct_id / f"{version}.json"
        with suppress(NoHistory):  # nothing kept, or spoilt: asked for again
            return _read_version(read_kept_json(path, LARGEST_COPY) or {}, nct_id, version)
        try:
            body = self._ask(f"{nct_id}/history/{version}")
        except NotFound as error:
            raise NoHistory(f"version {version + 1} is not available ({error})") from error
        found = _read_version(body, nct_id, version)
        _write(path, body)
        return found

    def _ask(self, path: str) -> dict[str, Any]:
        if self._registry is None or self._registry.exhausted:
            raise HistoryNotRead("the registry's history was not asked")
        self._spend()
        try:
            body = self._registry.history(path)
        except NotFound:
            raise
        except RegistryError as error:
            raise HistoryNotRead(f"the registry's history cannot be read ({error})") from error
        if not isinstance(body, dict):
            raise NoHistory(_STRANGE)
        return body

    def _spend(self) -> None:
        """Counts one more request; HistoryPostponed where there may be none."""
        if self._budget == 0:
            raise HistoryPostponed(POSTPONED)
        if self._budget is not None:
            self._budget -= 1


def _is_current(kept: Mapping[str, Any], trial: Trial, known_since: str, load: str | None) -> bool:
    """Whether a kept list of versions is still the whole list, or asking now would bring nothing
    else.

    The whole list ends with the day of the record's own last submission. One that does not, or of a
    record without a history, is worth asking for again when the registry was loaded anew.
    """
    last_version = kept["changes"][-1]["date"] if kept["changes"] else ""
    submitted = trial.text("last_update_submitted")
    if submitted and last_version >= submitted:
        return True
    return str(kept.get("retrieved_at", "")) >= known_since and (
        submitted is None or kept.get("load") == load
    )


def _entries(changes: Any) -> tuple[SubmittedVersion, ...]:
    try:
        entries = tuple(_entry(number, entry) for number, entry in enumerate(changes))
    except (TypeError, KeyError, ValueError) as error:
        raise NoHistory(_STRANGE) from error
    if not entries:
        raise NoHistory(_STRANGE)
    return entries


def _entry(number: int, entry: Mapping[str, Any]) -> SubmittedVersion:
    """One version, every part of the type it should have: a wrong day or status would lead to a
    wrong cause.
    """
    day, status, modules = entry["date"], entry.get("status"), entry.get("moduleLabels") or []
    if entry["version"] != number or len(PartialDate(day).iso) != 10:
        raise ValueError(f"{entry['version']!r} of {day!r} is not version {number}")
    are_texts = isinstance(modules, list) and all(isinstance(module, str) for module in modules)
    if not isinstance(status, str | None) or not are_texts:
        raise TypeError("a status or a label that is not text")
    return SubmittedVersion(number, day, status, tuple(modules))


def _read_version(kept: Mapping[str, Any], nct_id: str, version: int) -> tuple[Trial, Study]:
    try:
        from enrich.registry.html_text import as_plain_text  # of use for few records

        study = as_plain_text(kept["study"])
        trial = trial_of(study)
    except (KeyError, RecursionError, EnrichError) as error:
        raise NoHistory(f"version {version + 1} has an unexpected format") from error
    if trial.nct_id != nct_id:
        raise NoHistory(f"version {version + 1} is of another record, {trial.nct_id}")
    return trial, study


def _read_versions(path: Path) -> dict[str, Any] | None:
    """A kept list of versions; None where it is missing or spoilt."""
    kept = read_kept_json(path, LARGEST_COPY)
    try:
        return kept if kept and (kept["changes"] == [] or _entries(kept["changes"])) else None
    except (KeyError, NoHistory):
        return None


def _write(path: Path, kept: Mapping[str, Any]) -> None:
    write_atomic_creating_folder(
        path, orjson.dumps(kept, option=orjson.OPT_APPEND_NEWLINE), NoHistory
    )
