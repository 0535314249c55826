"""The trials whose histories later runs read, because a run asks for so many versions at most."""

from collections.abc import Collection

from enrich.storage.database import Database


def read_open_histories(database: Database) -> list[str]:
    """Their ids, as the tables print them; those that wait longest first."""
    return [
        nct_id
        for (nct_id,) in database.fetch_tuples(
            "select nct_id from open_histories order by since, nct_id"
        )
    ]


def save_open_histories(
    database: Database, run_id: int, postponed: Collection[str], done: Collection[str]
) -> None:
    """Adds those that this run *postponed*, and removes those that are *done*, or in no table now.

    One that waits already keeps its place.
    """
    database.executemany(
        "insert or ignore into open_histories (nct_id, since) values (?, ?)",
        [(nct_id, run_id) for nct_id in postponed],
    )
    database.executemany(
        "delete from open_histories where nct_id = ?", [(nct_id,) for nct_id in done]
    )
    database.execute("delete from open_histories where nct_id not in (select nct_id from row_ids)")
