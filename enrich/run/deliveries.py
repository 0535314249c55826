"""Who gets which news, and when: nothing is sent twice, and what could not be sent waits."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from enrich.changes.recipients import is_due, is_sign_of_life_due
from enrich.models import Digest, Recipient, Report, Table
from enrich.run.notify import Address, Message, Notifier
from enrich.run.outcome import has_output
from enrich.storage.database import Database
from enrich.storage.deliveries import (
    Delivery,
    DeliveryKey,
    count_checks,
    read_deliveries,
    read_later_runs,
    save_deliveries,
)
from enrich.storage.report_query import failures_since, read_report


@dataclass(frozen=True)
class Subscription:
    """The news of one table for one address, with the section [notify] that asks for it."""

    key: DeliveryKey
    address: Address
    recipient: Recipient


@dataclass(frozen=True)
class SendingLimits:
    """How long sending may take, in seconds: *each* message, and all of a run together.

    A server that answers a byte a second would otherwise keep a run for ever.
    """

    each: float = 20.0
    in_all: float = 60.0


SENDING_LIMITS = SendingLimits()


@dataclass(frozen=True)
class Sent:
    """How many messages were sent, and the schemes of the addresses that were not reached.

    *waiting*: what descriptions name and this run has no way to send to.
    """

    number: int
    failed: tuple[str, ...]
    waiting: tuple[str, ...]


def subscriptions(tables: Iterable[Table], notifier: Notifier) -> list[Subscription]:
    """What the descriptions and the addresses of --notify ask for."""
    found: list[Subscription] = []
    for table in tables:
        # Several sections may name the same address: each has its own messages.
        taken: Counter[str] = Counter()
        for recipient in _with_own(table.recipients):
            for address in notifier.addresses(recipient.to):
                taken[address.key] += 1
                name = f"{address.key} {taken[address.key]}"
                found.append(Subscription(DeliveryKey(name, table.name), address, recipient))
    return found


def _with_own(recipients: Sequence[Recipient]) -> Sequence[Recipient]:
    """The addresses of --notify get all news where no section says otherwise."""
    has_own = any(recipient.to is None for recipient in recipients)
    return recipients if has_own else (Recipient(), *recipients)


def note_news(database: Database, report: Report, wanted: Sequence[Subscription], now: str) -> None:
    """Notes what is new for whom in the run of *report*, before anything is sent: a run that is
    killed while it sends must not lose what it found.
    """
    wanted = _of_tables(report, wanted)
    with database.transaction():
        deliveries = read_deliveries(database, [each.key for each in wanted], now)
        for each in wanted:
            if deliveries[each.key].first_unsent is None and _concerns(report, each):
                deliveries[each.key] = deliveries[each.key]._replace(first_unsent=report.run.id)
        save_deliveries(database, deliveries)


def send_due(
    database: Database,
    report: Report,
    wanted: Sequence[Subscription],
    now: str,
    limits: SendingLimits = SENDING_LIMITS,
) -> Sent:
    """Sends what is due *now* (ISO, UTC), within *limits*.

    A message that fails is sent by a later run, from the first run on whose news waits. An address
    that does not take a message in time gets no second one from this run.
    """
    wanted = _of_tables(report, wanted)
    deliveries = read_deliveries(database, [each.key for each in wanted], now)
    messages = [
        *_news(database, report, wanted, deliveries, now),
        *_signs_of_life(database, report, wanted, deliveries, now),
    ]
    unsent: dict[str, Address] = {}
    number = 0
    ends = time.monotonic() + limits.in_all
    for group, message in messages:
        address, left = group[0].address, ends - time.monotonic()
        if address.key not in unsent and address.send(message, min(limits.each, left)):
            deliveries |= {each.key: Delivery(None, now, now) for each in group}
            _save_sent(database, report, group, now)
            number += 1
        else:
            unsent[address.key] = address
    idle = [each.key for each in wanted if _is_idle(each, deliveries[each.key], now)]
    save_deliveries(database, {key: deliveries[key]._replace(digest_at=now) for key in idle})
    return Sent(
        number,
        tuple({address.scheme: 0 for address in unsent.values() if address.service is not None}),
        tuple({address.scheme: 0 for address in unsent.values() if address.service is None}),
    )


def _save_sent(database: Database, report: Report, group: Iterable[Subscription], now: str) -> None:
    """Notes that the news of *group* is sent, up to the run of *report*.

    A later run may have ended while it was sent, and left its own news to what waited: it is found
    again. What is written first keeps that run from ending in between.
    """
    with database.transaction():
        save_deliveries(database, {each.key: Delivery(None, now, now) for each in group})
        for run_id in read_later_runs(database, report.run.id):
            later = read_report(database, run_id)
            unsent = read_deliveries(database, [each.key for each in group], now)
            save_deliveries(
                database,
                {
                    each.key: Delivery(run_id, now, now)
                    for each in group
                    if unsent[each.key].first_unsent is None and _concerns(later, each)
                },
            )


def _of_tables(report: Report, wanted: Iterable[Subscription]) -> list[Subscription]:
    names = {table.name for table in report.tables}
    return [subscription for subscription in wanted if subscription.key.table in names]


def _concerns(report: Report, subscription: Subscription) -> bool:
    """Whether the run found anything new for this address."""
    own = narrowed_to([subscription], report)
    arrivals = {row.nct_id for table in own.tables for row in table.rows if row.new_since}
    return has_output(replace(own, run=replace(own.run, new=len(arrivals))))


def narrowed_to(group: Iterable[Subscription], report: Report) -> Report:
    """*report* as it concerns the address of *group*."""
    from enrich.reports.content.narrowing import narrowed

    return narrowed(report, _sections(group))


def _sections(group: Iterable[Subscription]) -> Mapping[str, Recipient]:
    return {each.key.table: each.recipient for each in group}


def _is_idle(subscription: Subscription, delivery: Delivery, now: str) -> bool:
    """Whether a weekly digest is due and there is nothing to put into it."""
    digest = subscription.recipient.digest
    is_weekly = digest == Digest.WEEKLY and delivery.digest_at is not None
    return is_weekly and delivery.first_unsent is None and is_due(digest, delivery.digest_at, now)


_Messages = Iterator[tuple[list[Subscription], Message]]


def _news(
    database: Database,
    report: Report,
    wanted: Sequence[Subscription],
    deliveries: Mapping[DeliveryKey, Delivery],
    now: str,
) -> _Messages:
    """A message for each address whose news is due; on all its tables, if it waits since the same
    run.
    """
    due: dict[tuple[str, int], list[Subscription]] = {}
    for each in wanted:
        first, digest_at = deliveries[each.key].first_unsent, deliveries[each.key].digest_at
        if first is not None and is_due(each.recipient.digest, digest_at, now):
            due.setdefault((each.key.recipient, first), []).append(each)
    for (_, first), group in due.items():
        yield group, _news_message(_report_from(database, report, first), group, now)


def _report_from(database: Database, report: Report, first: int) -> Report:
    """*report* over the runs from *first* on, with every failure that was to be reported."""
    if first == report.run.id:
        return report
    longer = read_report(database, report.run.id, since=first - 1)
    return replace(longer, lasting_failures=failures_since(database, longer, first))


def _news_message(report: Report, group: Sequence[Subscription], now: str) -> Message:
    from enrich.reports import mail, mail_html
    from enrich.reports.content.headlines import subject
    from enrich.reports.content.narrowing import scope
    from enrich.reports.rendering import RenderContext

    context = RenderContext.of(
        narrowed_to(group, report), scope=tuple(scope(report, _sections(group)))
    )
    title = subject(context.report, context.news)
    return Message(title, mail.render(context), mail_html.render(context), now)


def _signs_of_life(
    database: Database,
    report: Report,
    wanted: Sequence[Subscription],
    deliveries: Mapping[DeliveryKey, Delivery],
    now: str,
) -> _Messages:
    """A message for each address that has waited a month, and for which nothing waits."""
    from enrich.reports import sign_of_life
    from enrich.reports.content.narrowing import scope

    due: dict[tuple[str, str], list[Subscription]] = {}
    for each in wanted:
        first, sent_at, _ = deliveries[each.key]
        if first is None and is_sign_of_life_due(each.recipient.sign_of_life, sent_at, now):
            due.setdefault((each.key.recipient, sent_at), []).append(each)
    for (_, sent_at), group in due.items():
        own = narrowed_to(group, report)
        tables = [table.name for table in own.tables]
        quiet = sign_of_life.QuietTime(sent_at, *count_checks(database, tables, sent_at))
        yield (
            group,
            Message(
                sign_of_life.subject(own, quiet),
                sign_of_life.text(own, quiet, scope(report, _sections(group))),
                sign_of_life.html(own, quiet, scope(report, _sections(group))),
                now,
            ),
        )
