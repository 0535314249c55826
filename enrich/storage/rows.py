"""Rows and columns from records, facts and descriptions, and back. Pure: others run the SQL."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

import orjson

from enrich.changes.versioning import IngestDecision, StoredVersion
from enrich.models import (
    Column,
    Description,
    Dismissal,
    Fact,
    FetchedRecord,
    NewsRules,
    Significance,
    Study,
    Trial,
    Watch,
)
from enrich.record.fields import FACTS_VERSION, FIELDS
from enrich.record.raw import DeflatedRecord, PageRecord
from enrich.record.readers import boolean, texts
from enrich.text import json_list

# The columns of `trials`: what is known of a record as a whole, then what is derived from it.
DERIVED_COLUMNS = ("facts_version", "faults", *FIELDS)
TRIAL_COLUMNS = (
    *("nct_id", "complete", "retrieved_at", "data_timestamp", "source"),
    *DERIVED_COLUMNS,
)
_AT = {name: at for at, name in enumerate(TRIAL_COLUMNS)}


def trial_row(record: FetchedRecord, trial: Trial) -> tuple[Any, ...]:
    """A row of `trials`, in the order of `TRIAL_COLUMNS`."""
    return (
        *(record.nct_id, int(record.complete), record.retrieved_at),
        *(record.data_timestamp, record.source),
        *derived_values(trial),
    )


def derived_values(trial: Trial) -> tuple[Any, ...]:
    """What the code derives from a record, in the order of `DERIVED_COLUMNS`."""
    return (FACTS_VERSION, json.dumps(dict(trial.faults)), *fact_values(trial))


def fact_values(trial: Trial) -> tuple[str | int | None, ...]:
    """The facts of *trial* as SQL and Parquet have them: lists as JSON, yes and no as 1 and 0.

    In the order of `FIELDS`.
    """
    return tuple(
        [
            fact if fact is None or isinstance(fact, str) else _sql_value(fact)
            for fact in map(trial.facts.get, FIELDS)
        ]
    )


def _sql_value(fact: int | tuple[str, ...]) -> str | int:
    return json_list(fact) if isinstance(fact, tuple) else int(fact)


class _StoredFacts(Mapping[str, Fact]):
    """The facts in a row of `trials`, each decoded at its first use: a report reads few of them."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        self._row = row

    def __getitem__(self, name: str) -> Fact:
        field, value = FIELDS[name], self._row[_AT[name]]
        if value is None:
            return None
        if field.read is texts:
            return tuple(json.loads(value))
        fact: Fact = bool(value) if field.read is boolean else value
        return fact

    def __iter__(self) -> Iterator[str]:
        return iter(FIELDS)

    def __len__(self) -> int:
        return len(FIELDS)


def trial_from_row(row: tuple[Any, ...]) -> Trial:
    """The trial in a row of `trials`, in the order of `TRIAL_COLUMNS`."""
    stored = row[_AT["faults"]]
    faults = {} if stored == "{}" else json.loads(stored)  # hardly any record has one
    return Trial(row[_AT["nct_id"]], _StoredFacts(row), bool(row[_AT["complete"]]), faults)


def stored_version_from_row(
    version: int, digest: str, complete: int, retrieved_at: str, aliases: str | None
) -> StoredVersion:
    """The newest stored version of a trial, from columns of `versions` and `trials`."""
    ids = tuple(json.loads(aliases)) if aliases else ()
    return StoredVersion(version, digest, bool(complete), retrieved_at, ids)


def version_row(decision: IngestDecision, run_id: int) -> tuple[Any, ...]:
    """A row of `versions`. Last comes the record, as UTF-8 text or deflated; the other is None."""
    record = decision.record
    posted = decision.trial.text("last_update_posted") if decision.trial else None
    return (
        *(record.nct_id, decision.version, run_id, record.retrieved_at, posted),
        *(record.digest, int(record.complete)),
        *_text_and_deflated(record.study),
    )


def _text_and_deflated(study: Study) -> tuple[bytes | None, bytes | None]:
    """The bytes in which a record came: the line of a page, or the deflated entry of a download."""
    if isinstance(study, DeflatedRecord):
        return None, study.packed
    return (study.line if isinstance(study, PageRecord) else orjson.dumps(study)), None


def study_from_column(stored: str | bytes) -> Study:
    """The record in `versions.study`; ValueError where it is none."""
    if isinstance(stored, bytes):
        return DeflatedRecord(stored)
    study: Study = orjson.loads(stored)
    return study


# --- descriptions of tables


def description_to_json(description: Description) -> str:
    """All keys of a table's description as one JSON object, which `description_from_json` reads."""
    keys = {key.name: getattr(description, key.name) for key in fields(Description)}
    return json.dumps(keys, default=asdict, ensure_ascii=False)


def description_from_json(stored: str) -> dict[str, Any]:
    """The keys of a table's description with their values, of those that were stored.

    A description that was stored by an earlier version lacks the keys that are new since.
    """
    keys = {
        name: value
        for name, value in json.loads(stored).items()
        if name in {key.name for key in fields(Description)}
    }
    if "columns" in keys:
        keys["columns"] = tuple(Column(**_with_tuples(column)) for column in keys["columns"])
    if keys.get("watch"):
        keys["watch"] = Watch(**_with_tuples(keys["watch"]))
    if "search" in keys:
        keys["search"] = tuple((name, value) for name, value in keys["search"])
    if "dismissed" in keys:
        keys["dismissed"] = tuple(Dismissal(**dismissal) for dismissal in keys["dismissed"])
    if "news_rules" in keys:
        rules = _with_tuples(keys["news_rules"])
        keys["news_rules"] = NewsRules(
            **{**rules, "kinds": tuple(map(Significance, rules.get("kinds", ())))}
        )
    return keys


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has lists where frozen values have tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
