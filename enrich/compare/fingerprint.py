"""The fingerprint of a row's inputs: while it is the same, the stored comparisons still hold."""

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from typing import NamedTuple

import orjson

from enrich.models import Description, Row, Table


class TrialState(NamedTuple):
    """What is known of one trial that a row names.

    *digest* is that of its record's content, None where there is no record; *complete* says whether
    the whole record is at hand.
    """

    nct_id: str
    trial_id: str | None
    digest: str | None
    complete: bool


def row_fingerprint(
    rules: bytes, row: Row, trials: Iterable[TrialState], code_fingerprint: bytes
) -> str:
    """A digest of all that the comparisons of *row* depend on.

    That is the row as printed, the *rules* of its table (`comparison_rules`), the records of the
    *trials*, and the code: a better rule shows at once, without anybody raising a number.
    """
    printed = [dict(row.cells), row.accessed, row.nct_ids]
    inputs = orjson.dumps([*printed, [tuple(trial) for trial in trials]])
    return hashlib.sha256(code_fingerprint + rules + inputs).hexdigest()[:32]


_COMPARED_KEYS = [key.name for key in fields(Description) if key.metadata.get("is_compared", True)]


def comparison_rules(table: Table) -> bytes:
    """The keys of a table's description that verdicts depend on."""
    return repr([getattr(table, name) for name in _COMPARED_KEYS]).encode()
