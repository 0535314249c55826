"""Which rows a recipient of news follows, and when a message is due."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date

from enrich.models import Digest, Recipient, SignOfLife
from enrich.text import normalize_label


def follows(recipient: Recipient, nct_id: str | None, cells: Mapping[str, str]) -> bool:
    """Whether the recipient gets news of the trial *nct_id* in a row with these *cells*.

    >>> follows(Recipient(where=(("Drug", ("Nivolumab",)),)), "NCT01813279", {"Drug": "nivolumab"})
    True
    """
    if recipient.trials and nct_id not in recipient.trials:
        return False
    return all(
        normalize_label(cells.get(column, "")) in map(normalize_label, wanted)
        for column, wanted in recipient.where
    )


def is_due(digest: Digest, before: str | None, now: str) -> bool:
    """Whether news that waits is to be sent *now* (ISO, UTC).

    *before* is when the last digest was due, None if there was none yet. A weekly digest goes out
    in the first run of a week, which begins on Monday.

    >>> is_due(Digest.WEEKLY, "2026-11-20T07:00:00", "2026-11-22T07:00:00")  # Friday, Sunday
    False
    >>> is_due(Digest.WEEKLY, "2026-11-20T07:00:00", "2026-11-23T07:00:00")
    True
    """
    return digest == Digest.EACH_RUN or before is None or _week(before) < _week(now)


def _week(moment: str) -> tuple[int, int]:
    year, week, _ = date.fromisoformat(moment[:10]).isocalendar()
    return year, week


def is_sign_of_life_due(wanted: SignOfLife, sent_at: str, now: str) -> bool:
    """Whether a month has passed since the last message, which was sent at *sent_at* (ISO, UTC).

    >>> is_sign_of_life_due(SignOfLife.MONTHLY, "2026-01-31T07:00:00", "2026-02-28T07:00:00")
    True
    """
    if wanted == SignOfLife.NEVER:
        return False
    return date.fromisoformat(now[:10]) >= _month_after(date.fromisoformat(sent_at[:10]))


def _month_after(day: date) -> date:
    """The same day of the next month, or the last one that it has."""
    year, month = day.year + day.month // 12, day.month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
