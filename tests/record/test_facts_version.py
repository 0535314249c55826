"""The version of the rules that derive facts: whoever changes a path or a reader must raise it."""

import hashlib
import json

from enrich.record.children import CHILD_TABLES
from enrich.record.fields import FACTS_VERSION, FIELDS

# Version → digest of the rules. A released line is never edited: an older database holds facts of it.
DIGESTS = {1: "10d0249f74c400d5"}


def rules():
    """What decides how a record reads: names, paths and readers, without labels and meanings."""
    return {
        "fields": {name: [field.path, field.read.__name__] for name, field in FIELDS.items()},
        "lists": {
            name: [
                table.sources,
                {column: [part.path, part.read.__name__] for column, part in table.columns.items()},
            ]
            for name, table in CHILD_TABLES.items()
        },
    }


def digest(of):
    return hashlib.sha256(json.dumps(of).encode()).hexdigest()[:16]


def test_a_changed_path_or_reader_raises_the_version_of_facts():
    assert DIGESTS.get(FACTS_VERSION) == digest(rules()), (
        "the rules that derive facts have changed: raise enrich.record.fields.FACTS_VERSION, so that"
        f" stored facts are derived again, and add the line {{version}}: {digest(rules())!r} here"
    )


def test_the_digest_sees_every_kind_of_change():
    was = digest(rules())
    for change in (
        lambda it: it["fields"]["phases"].__setitem__(0, "elsewhere"),
        lambda it: it["fields"]["phases"].__setitem__(1, "another_reader"),
        lambda it: it["lists"]["arms"][1]["label"].__setitem__(0, "elsewhere"),
        lambda it: it["lists"]["arms"][1].update(enrollment=["size", "count"]),
    ):
        changed = json.loads(json.dumps(rules()))
        change(changed)
        assert digest(changed) != was
