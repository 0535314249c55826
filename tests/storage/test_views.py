"""Views of the database: what they list, and what they leave out."""

import json

from enrich.storage.runs import begin_run
from enrich.storage.tables import save_tables
from tests.fixtures.studies import nct
from tests.run.synced_folder import table_of

AT = "2026-11-01T10:00:00+00:00"


def test_a_trial_that_left_all_tables_is_not_recruiting_now(database):
    """Whichever of the ids of its row named it; a trial of no table is one of the whole registry."""
    first, second, old, current, listed, other = map(nct, range(1, 7))
    run = begin_run(database, AT)
    save_tables(database, run, [table_of(listed)])
    with database.transaction():
        database.executemany(
            "insert into trials (nct_id, overall_status, retrieved_at, source, complete)"
            " values (?, 'RECRUITING', ?, 'here', 1)",
            [(nct_id, AT) for nct_id in (first, second, current, listed, other)],
        )
        database.execute(
            "insert into answers (nct_id, trial_id, answer, run_id, outcome)"
            " values (?, ?, 'merged', ?, 'unchanged')",
            [old, current, run],
        )
        removed = [[first, second], [old], [listed]]
        database.executemany(
            'insert into removed_rows (id, run_id, "table", position, nct_id, nct_ids, cells)'
            " values (?, ?, 'moon', ?, ?, ?, '{}')",
            [(10 + at, run, at, ids[0], json.dumps(ids)) for at, ids in enumerate(removed, 1)],
        )
    assert {row["nct_id"] for row in database.fetch_dicts("select * from recruiting_now")} == {
        listed,
        other,
    }
