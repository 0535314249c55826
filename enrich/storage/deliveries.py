"""What waits to be sent to each recipient about each table, and what was sent when."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from enrich.models import RunOutcome
from enrich.storage.database import Database, placeholders

# How the recipients begin that are addresses of --notify.
BY_OPTION = "--notify"
# News that waits for all of these: an earlier version did not tell them apart.
_EVERY_ADDRESS = ""


class DeliveryKey(NamedTuple):
    """One recipient of the news of one table: a digest of the address, the table's name."""

    recipient: str
    table: str

    @property
    def of_every_address(self) -> "DeliveryKey":
        """Where an earlier version kept what waits for this recipient."""
        is_address = self.recipient.startswith(BY_OPTION)
        return DeliveryKey(_EVERY_ADDRESS, self.table) if is_address else self


class Delivery(NamedTuple):
    """*first_unsent* is the first run whose news waits (None: none does), *sent_at* when the last
    message was sent (ISO, UTC), *digest_at* when the last digest was due.
    """

    first_unsent: int | None
    sent_at: str
    digest_at: str | None


def read_deliveries(
    database: Database, keys: Iterable[DeliveryKey], now: str
) -> dict[DeliveryKey, Delivery]:
    """The deliveries of *keys*; a recipient that is new is known from *now* on."""
    stored = {
        DeliveryKey(recipient, table): Delivery(*columns)
        for recipient, table, *columns in database.fetch_tuples(
            "select d.recipient, t.name, d.first_unsent, d.sent_at, d.digest_at"
            " from deliveries d join tables t on t.id = d.table_id"
        )
    }
    first = Delivery(None, now, None)
    return {key: stored.get(key) or stored.get(key.of_every_address, first) for key in keys}


def save_deliveries(database: Database, deliveries: Mapping[DeliveryKey, Delivery]) -> None:
    """Writes *deliveries*, in one transaction."""
    with database.transaction():
        database.executemany(
            "insert or replace into deliveries"
            " (recipient, table_id, first_unsent, sent_at, digest_at)"
            " select ?, id, ?, ?, ? from tables where name = ?",
            [(key.recipient, *delivery, key.table) for key, delivery in deliveries.items()],
        )
        # Each address has its own line from now on.
        database.executemany(
            "delete from deliveries where recipient = ?"
            " and table_id = (select id from tables where name = ?)",
            [key.of_every_address for key in deliveries if key.of_every_address != key],
        )


def read_later_runs(database: Database, run_id: int) -> list[int]:
    """The runs after *run_id* that have ended, in their order."""
    return [
        later
        for (later,) in database.fetch_tuples(
            "select id from runs where id > ? and finished_at is not null order by id", run_id
        )
    ]


def count_checks(database: Database, tables: Sequence[str], since: str) -> tuple[int, int]:
    """How many runs read one of *tables* since then, and how many of them were complete."""
    outcomes = [
        outcome
        for (outcome,) in database.fetch_tuples(
            "select r.outcome from runs r where r.finished_at > ? and r.id in (select run_id"
            " from run_tables x join tables t on t.id = x.table_id"
            f" where t.name in ({placeholders(tables)}))",
            since,
            *tables,
        )
    ]
    return len(outcomes), outcomes.count(RunOutcome.COMPLETE)
