"""When what the registry shows is too strange to be taken over before a person has looked: one
function per rule.

A live system fails in ways that look like news: an empty night, a mirror of last year, a field that
moved after a deploy. Each rule gives its reason in words, or None where nothing is strange.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from enrich.changes.significance import holds_back
from enrich.dates import is_in_future
from enrich.models import Change, RegistryLoad

ACCEPT = "check clinicaltrials.gov; if it is right, run `enrich sync --accept`"

# The registry removes a record now and then, and never many of one list at once.
MOST_REMOVED = 0.2  # of the trials of a list
# Nor does it change facts of many records itself: only a status lapses to UNKNOWN, one trial at a
# time.
MOST_CHANGED_WITHOUT_SUBMISSION = 0.5  # of the records seen
# Fewer than this are never held back: in a list of three, one removal is a third of it.
FEW = 5

# The registry is reloaded on every working day.
OLDEST_DATA = timedelta(days=10)

# The major version of the interface that record/fields.py describes.
_API = "2."


def mass_removal(removed: int, present: int, *, found: int) -> str | None:
    """Reason not to note *removed* of the *present* trials as removed, while *found* of the listed
    ids are shown.

    Nothing found at all is an empty registry; more than a fifth of a list, and at least five, is a
    broken one.

    >>> mass_removal(4, 6, found=2) is None
    True
    >>> mass_removal(5, 6, found=1)[:50]
    '5 of 6 trials are missing from the registry at onc'
    """
    if not found:
        return (
            "the registry has none of the trials that were asked for, as if it were empty; "
            f"{ACCEPT}"
        )
    if removed >= FEW and removed > MOST_REMOVED * present:
        return f"{removed} of {present} trials are missing from the registry at once; {ACCEPT}"
    return None


def mass_unannounced_change(changed: int, seen: int) -> str | None:
    """Reason not to take over *changed* of *seen* records that changed without a submission: more
    than half, and at least five.
    """
    if changed >= FEW and changed > MOST_CHANGED_WITHOUT_SUBMISSION * seen:
        return (
            f"{changed} of {seen} records changed in important facts although nobody submitted "
            f"an update; {ACCEPT}"
        )
    return None


def mass_loss_of_hits(total: int, before: int | None) -> str | None:
    """Reason not to take over a search that finds *total* trials, and found *before* the last time
    (None: it was never asked).

    A search that finds nothing is a slip in its words or an empty registry; a fall by more than a
    fifth, and by more than one trial, is not what a night brings.

    >>> mass_loss_of_hits(8, 10) is None, mass_loss_of_hits(7, 10)[:39]
    (True, 'finds 7 trials, and found 10 the last t')
    """
    if total == 0:
        return f"finds no trial at all; {ACCEPT}"
    if before is not None and before - total > 1 and before - total > MOST_REMOVED * before:
        return f"finds {total:,} trials, and found {before:,} the last time; {ACCEPT}"
    return None


def changed_without_submission(changes: Iterable[Change], now: str | None = None) -> bool:
    """Whether a fact changed that only a submission changes, while the day of the last one did not
    move on; a day that had not come by the time *now* (ISO, UTC) is none.

    The registry itself does that only for a status that lapses to UNKNOWN (measured: 11 changes
    without a submission in 4,940 pairs of daily copies, none other of them in such a fact).
    """
    changes = [*changes]
    is_by_submission = any(holds_back(change) and change.after != "UNKNOWN" for change in changes)
    return is_by_submission and not any(_is_submission(change, now) for change in changes)


def _is_submission(change: Change, now: str | None) -> bool:
    before = "" if is_in_future(change.before, now) else change.before or ""
    return change.field == "last_update_submitted" and (change.after or "") > before


# --- the day of the data, by the clock and by what was shown before


def reason_to_reject_load(load: RegistryLoad, last_timestamp: str | None, now: str) -> str | None:
    """Reason not to believe what the registry shows under *load*, at the time *now* (ISO, UTC).

    *last_timestamp* is that of the load it showed before.
    """
    return future_load(load, now) or outdated_load(load, now) or stale_load(load, last_timestamp)


def future_load(load: RegistryLoad, now: str) -> str | None:
    """Reason to reject *load*: its data are of a day that has not come yet."""
    if is_in_future(load.data_timestamp, now):
        return (
            f"the registry shows data of {load.data_timestamp}, and this computer's clock says "
            f"{now[:10]}; {ACCEPT}"
        )
    return None


def outdated_load(load: RegistryLoad, now: str) -> str | None:
    """Reason to reject *load*: its data are older than ten days, as from a cache on the way, or a
    copy of the registry, that is no longer brought up to date.

    >>> outdated_load(RegistryLoad("a", "2026-09-04T09:00:06", "2.0.5"), "2026-09-14T20:00:00")
    >>> load = RegistryLoad("a", "2020-01-03T09:00:05", "2.0.5")
    >>> outdated_load(load, "2026-09-14T20:00:00")[:55]
    'the registry shows data of 2020-01-03, 2446 days old: a'
    """
    today, loaded = _moment(now), _moment(load.data_timestamp) or _moment_in_tag(load.name)
    age = today.date() - loaded.date() if today and loaded else timedelta()
    if loaded and age > OLDEST_DATA:
        return (
            f"the registry shows data of {loaded.date()}, {age.days} days old: a cache or copy may "
            f"answer in its place, or this computer's clock is wrong; {ACCEPT}"
        )
    return None


def stale_load(load: RegistryLoad, last_timestamp: str | None) -> str | None:
    """Reason to reject *load*: its data are older than those of *last_timestamp*, shown before, as
    from a forgotten mirror.
    """
    shown, before = _moment(load.data_timestamp), _moment(last_timestamp)
    if shown and before and shown < before:
        return (
            f"the registry shows data of {load.data_timestamp}, older than those of "
            f"{last_timestamp} that it showed before; {ACCEPT}"
        )
    return None


def tag_has_timestamp(tag: str | None) -> bool:
    """Whether *tag* (the ETag of an answer) names the time of its load."""
    return _loaded_at(tag) is not None


def tag_is_older(tag: str | None, load: RegistryLoad) -> bool:
    """Whether *tag* names an older load than *load*, as from a machine that was not yet reloaded.

    Tags are opaque but for this: their last part is the time of the load in base 36. One that
    cannot be read so is no proof of age.
    """
    tag_time, load_time = _loaded_at(tag), _loaded_at(load.name)
    return tag_time is not None and load_time is not None and tag_time < load_time


def stale_records(days: Iterable[str | None], load: RegistryLoad) -> str | None:
    """Reason to treat an untagged answer as stale: by *days*, a record in it was printed before the
    day of *load*.

    Every record shows the day of the load that printed it, the same for all (measured: 4,940 pairs
    of daily copies; in 65 of 96 dated copies the very day of the last load that had begun, in none
    a later one, and the others were taken before that load was out). That it is the day of the
    load's timestamp is only inferred: so a tag that can be read is believed before it, a record
    that does not show its day is no proof, and a person may overrule it.
    """
    now = _moment(load.data_timestamp)
    first = min(filter(None, days), default=None)
    if now and first and first < now.date().isoformat():
        return (
            f"the answer shows records of {first}, older than the data in force, of "
            f"{load.data_timestamp}; {ACCEPT}"
        )
    return None


def shows_load_day(days: Iterable[str | None], load: RegistryLoad) -> bool:
    """Whether a record bears, among these *days*, the very day of *load*: then every record that
    *load* printed does.
    """
    now = _moment(load.data_timestamp)
    return now is not None and now.date().isoformat() in days


def record_from_future(days: Iterable[object], now: str) -> str | None:
    """Reason to reject a record: one of *days*, such as that of the load that printed it, or of its
    last submission, has not come yet.
    """
    day = next((day for day in days if is_in_future(day, now)), None)
    if day:
        return (
            f"the registry shows the record as of {day}, and this computer's clock says {now[:10]};"
            f" {ACCEPT}"
        )
    return None


def record_regressed(
    day: str | None, earlier_day: str | None, now: str | None = None
) -> str | None:
    """Reason to reject a record of the load of *day*: the one stored is of *earlier_day*, which is
    later, and had come by the time *now* (ISO, UTC).

    One record never goes back, whatever the tag of its answer: a registry of several machines may
    mix their copies.
    """
    if day and earlier_day and day < earlier_day and not is_in_future(earlier_day, now):
        return (
            f"the registry shows the record of {day}, older than that of {earlier_day} which it "
            f"showed before; {ACCEPT}"
        )
    return None


def unknown_version(load: RegistryLoad) -> str | None:
    """A warning where the interface is not the one that this version of enrich was written for."""
    if load.api_version and not load.api_version.startswith(_API):
        return (
            f"the registry's interface is now {load.api_version}, and this version of enrich knows"
            f" {_API}x: facts may be missing; update enrich"
        )
    return None


def _loaded_at(tag: str | None) -> int | None:
    """The time in a tag, in milliseconds; None where it has none."""
    found = re.fullmatch(r'(?:W/)?"[^"]*/([0-9a-z]{8})(?:-gzip)?"', tag or "")
    return int(found[1], 36) if found else None


def _moment_in_tag(tag: str) -> datetime | None:
    """The time in a tag, in UTC."""
    milliseconds = _loaded_at(tag)
    return _EPOCH + timedelta(milliseconds=milliseconds) if milliseconds is not None else None


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - in UTC, as the registry prints it


def _moment(timestamp: str | None) -> datetime | None:
    try:
        # The registry prints UTC without an offset.
        return datetime.fromisoformat(timestamp).replace(tzinfo=None) if timestamp else None
    except ValueError:
        return None
