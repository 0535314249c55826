"""Remembers what a record said: a new version when its content changed, and a line in the ledger for each changed fact."""

import json
from dataclasses import replace
from typing import Any

from enrich.changes import diff, settle
from enrich.fields import trial_of
from enrich.lists import lists_of
from enrich.records import CHANGED, MATERIAL, NEW, NOISE, UNCHANGED, Change, Copy
from enrich.store import Known, Store


def remember(store: Store, run_id: int, copy: Copy, *, checked_at: str | None = None) -> str:
    """Stores *copy* if it says anything new; whether the trial is new, changed or unchanged.

    A difference that is only noise stands in the ledger, but is no change of the trial.
    """
    known = store.known(copy.nct_id)
    if known and known.digest == copy.digest and known.complete >= copy.complete:
        store.confirm(copy.nct_id, _confirmed(copy, checked_at))
        return UNCHANGED
    changes = _changes(store, known, copy)
    if known and not changes and known.complete == copy.complete:
        store.replace_version(copy.nct_id, known.version, digest=copy.digest, study=_raw(copy))
    else:
        _add_version(store, run_id, copy, known, changes)
    if known is None:
        return NEW
    return CHANGED if any(change.kind != NOISE for change in changes) else UNCHANGED


def _changes(store: Store, known: Known | None, copy: Copy) -> list[Change]:
    if known is None:
        return []
    found = diff(store.study(copy.nct_id, known.version), copy.study, before_is_complete=known.complete)
    return settle(found, store.last_changes(copy.nct_id)) if found else []


def _add_version(store: Store, run_id: int, copy: Copy, known: Known | None, changes: list[Change]) -> None:
    trial, lists = trial_of(copy.study, complete=copy.complete), lists_of(copy.study)
    trial = replace(trial, faults={**lists.faults, **trial.faults})
    version = known.version + 1 if known else 1
    store.save_trial(trial, {"retrieved_at": copy.retrieved_at, "data_timestamp": copy.data_timestamp, "source": copy.source, "gone_since": None})
    store.save_lists(trial, lists)
    store.add_version(
        copy.nct_id,
        {
            "version": version,
            "run_id": run_id,
            "seen_at": copy.retrieved_at,
            "last_update_posted": trial["last_update_posted"],
            "digest": copy.digest,
            "complete": int(copy.complete),
            "study": _raw(copy),
        },
    )
    store.add_changes(run_id, copy.nct_id, version, changes)


def _confirmed(copy: Copy, checked_at: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"data_timestamp": copy.data_timestamp}
    return told | ({"checked_at": checked_at, "stale_since": None, "gone_since": None} if checked_at else {})


def _raw(copy: Copy) -> str:
    return json.dumps(copy.study, ensure_ascii=False, separators=(",", ":"))


def note_removal(store: Store, run_id: int, nct_id: str, at: str) -> None:
    """Notes, once, that the registry no longer has a record that it had; its last version stays."""
    known = store.known(nct_id)
    gone = store.rows("select gone_since from trials where nct_id = ?", nct_id)
    if known and gone and gone[0]["gone_since"] is None:
        store.confirm(nct_id, {"gone_since": at})
        store.add_changes(run_id, nct_id, known.version, [Change("record", "in the registry", "removed", MATERIAL)])


def note_merger(store: Store, run_id: int, old: str, new: str) -> None:
    """Notes that the record *old* is now part of *new*."""
    known = store.known(new)
    if known:
        store.add_changes(run_id, new, known.version, [Change("record", old, f"merged into {new}", MATERIAL)])
