"""How records and facts stand in the database, and how they are read back. Pure: the store does the writing and asking."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from enrich.changes.versioning import IngestDecision, StoredVersion
from enrich.models import Fact, FetchedRecord, Study, Trial
from enrich.record.fields import FIELDS, flag, texts
from enrich.record.raw import DeflatedRecord, PageRecord
from enrich.text import json_list

# The columns of `trials`: what is known of a record as a whole, then its facts.
OF_A_TRIAL = ("nct_id", "faults", "complete", "retrieved_at", "data_timestamp", "source", *FIELDS)


def columns_of(copy: FetchedRecord, trial: Trial) -> tuple[Any, ...]:
    """A line of `trials`, in the order of `OF_A_TRIAL`."""
    own = (
        copy.nct_id,
        json.dumps(dict(trial.faults)),
        int(copy.complete),
        copy.retrieved_at,
        copy.data_timestamp,
        copy.source,
    )
    return (*own, *facts_of(trial))


def facts_of(trial: Trial) -> tuple[str | int | None, ...]:
    """The facts of *trial* as the database and the partitions have them, in the order of `FIELDS`."""
    return tuple(
        [
            fact if fact is None or isinstance(fact, str) else _column(fact)
            for fact in map(trial.facts.get, FIELDS)
        ]
    )


def _column(fact: int | tuple[str, ...]) -> str | int:
    return json_list(fact) if isinstance(fact, tuple) else int(fact)


class _Facts(Mapping[str, Fact]):
    """The facts of a line of `trials`, each read when it is asked for: a report looks at few of them."""

    def __init__(self, line: tuple[Any, ...]) -> None:
        self._line = line

    def __getitem__(self, name: str) -> Fact:
        field, value = FIELDS[name], self._line[_PLACES[name]]
        if value is None:
            return None
        if field.read is texts:
            return tuple(json.loads(value))
        fact: Fact = bool(value) if field.read is flag else value
        return fact

    def __iter__(self) -> Iterator[str]:
        return iter(FIELDS)

    def __len__(self) -> int:
        return len(FIELDS)


_PLACES = {name: at for at, name in enumerate(OF_A_TRIAL)}


def trial_in(line: tuple[Any, ...]) -> Trial:
    """The trial of a line of `trials`, in the order of `OF_A_TRIAL`."""
    nct_id, faults, complete, *_ = line
    return Trial(nct_id, _Facts(line), bool(complete), json.loads(faults))


def known_in(line: Mapping[str, Any]) -> StoredVersion:
    """What is known of a trial, from a line of `trials` joined to its newest version."""
    aliases = tuple(json.loads(line["aliases"])) if line["aliases"] else ()
    return StoredVersion(
        line["version"], line["digest"], bool(line["complete"]), line["retrieved_at"], aliases
    )


def version_of(one: IngestDecision, run_id: int) -> tuple[Any, ...]:
    """A line of `versions`, of which the record stands last, as text in UTF-8 or packed; the other of the two is None."""
    copy = one.copy
    updated = one.trial.text("last_update_posted") if one.trial else None
    return (
        copy.nct_id,
        one.version,
        run_id,
        copy.retrieved_at,
        updated,
        copy.digest,
        int(copy.complete),
        *_as_it_came(copy.study),
    )


def _as_it_came(study: Study) -> tuple[bytes | None, bytes | None]:
    """A record out of a bulk download as that packs it, else the registry's own line."""
    if isinstance(study, DeflatedRecord):
        return None, study.packed
    return (study.line if isinstance(study, PageRecord) else orjson.dumps(study)), None


def study_in(kept: str | bytes) -> Study:
    """The record that `versions` has; ValueError where it is none."""
    if isinstance(kept, bytes):
        return DeflatedRecord(kept)
    study: Study = orjson.loads(kept)
    return study
