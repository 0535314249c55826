"""Any JSON is a record or an error that names a path: `python -m tests.fuzz.studies -max_total_time=600`."""

import sys

import atheris
import orjson

with atheris.instrument_imports(include=["enrich"]):
    from enrich.changes.diff import diff
    from enrich.errors import EnrichError
    from enrich.record.children import LISTS
    from enrich.record.fields import FIELDS, trial_of
    from enrich.record.identity import digest_of

from tests.fixtures.registry_server import set_path
from tests.fuzz import beginning_with
from tests.hostile.test_mutated_records import (
    COLUMNS,
    cells_of,
    invented,
    is_misshapen,
    table_of,
    verdict_of,
)

ORIGINALS = invented()
PLACES = (
    *(field.path for field in FIELDS.values() if "[]" not in field.path),
    *(members.path for members in LISTS.values()),
)

EXAMPLES = tuple(
    bytes([0, place]) + value
    for place, value in enumerate(
        (b'"2021-03-09"', b"14", b'["PHASE2"]', b'[{"type": "A"}]', b"true") * 12
    )
    if place < len(PLACES)
)


class _Mutant:
    def __init__(self, study: object) -> None:
        self.study, self.places, self.kinds = study, (), ()


def one(data: bytes) -> None:
    """JSON in the place of a fact: where it stands is told by the first two bytes."""
    if len(data) < 3:
        return
    try:
        value = orjson.loads(data[2:])
    except ValueError:
        return
    original = ORIGINALS[data[0] % len(ORIGINALS)]
    study = orjson.loads(orjson.dumps(original))
    set_path(study, PLACES[data[1] % len(PLACES)], value)
    try:
        trial = trial_of(study)
        digest_of(study)
    except EnrichError:
        return
    diff(original, study)
    _, row = table_of(cells_of(original)[0])
    for column in COLUMNS:
        for name in column.says:
            verdict_of(column, name, row.cells[name], trial, _Mutant(study))
    assert all((name in trial.faults) == is_misshapen(study, name) for name in FIELDS)


if __name__ == "__main__":
    atheris.Setup(beginning_with(sys.argv, EXAMPLES), one)
    atheris.Fuzz()
