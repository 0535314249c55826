"""When what the registry says is too strange to be taken over before a person has looked: the rules, one a function.

A live system fails in ways that look like news: an empty night, a mirror of last year, a field that moved after a deploy.
Each rule gives its reason in words, or None where nothing is strange.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from enrich.changes.significance import changes_only_by_submission
from enrich.changes.versioning import IngestDecision
from enrich.models import Change, RegistryLoad

ACCEPT = "look at clinicaltrials.gov, and if it is so run `enrich sync --accept`"

# The registry removes a record now and then, and never many of one list at once.
LOSS, CHANGED_UNANNOUNCED, FEW = 0.2, 0.5, 5

# The major version of the interface that fields.py describes.
_API = "2."


def loss(lost: int, there: int, *, found: int) -> str | None:
    """Why *lost* of the *there* trials that the registry had cannot be noted as removed, while it shows *found* of the listed ids.

    Nothing found at all is an empty registry; more than a fifth of a list, and at least five, is a broken one.
    """
    if not found:
        return f"the registry has none of the trials that were asked for: an empty registry, it seems; {ACCEPT}"
    if lost >= FEW and lost > LOSS * there:
        return f"{lost} of {there} trials are missing from the registry at once; {ACCEPT}"
    return None


def upheaval(unannounced: int, looked_at: int) -> str | None:
    """Why *unannounced* changes among the trials *looked_at* are not taken over: more than half of them, and at least five."""
    if unannounced >= FEW and unannounced > CHANGED_UNANNOUNCED * looked_at:
        return f"{unannounced} of {looked_at} records changed in weighty facts though nobody submitted an update; {ACCEPT}"
    return None


def is_unannounced(judged: IngestDecision) -> bool:
    """Whether a fact changed that only a submission changes, while the day of the last one did not move on.

    The registry itself does that only for a status that lapses to UNKNOWN (measured: 11 changes without
    a submission in 4,940 pairs of daily copies, none other of them in such a fact).
    """
    return any(
        changes_only_by_submission(change) and change.after != "UNKNOWN"
        for change in judged.changes
    ) and not any(map(_is_submission, judged.changes))


def _is_submission(change: Change) -> bool:
    return change.field == "last_update_submitted" and (change.after or "") > (change.before or "")


def older(load: RegistryLoad, seen: str | None) -> str | None:
    """Why *load* is not believed: it is older than the data that was *seen* before, as from a forgotten mirror."""
    now, before = _moment(load.data_timestamp), _moment(seen)
    if now and before and now < before:
        return f"the registry shows data of {load.data_timestamp}, older than those of {seen} that it showed before; {ACCEPT}"
    return None


def can_tell(tag: str | None) -> bool:
    """Whether *tag* names the time of its load."""
    return _loaded_at(tag) is not None


def is_of_older_load(tag: str | None, load: RegistryLoad) -> bool:
    """Whether *tag* names an older load than *load*, as from a machine that was not yet reloaded.

    Tags are opaque but for this: their last part is the time of the load in base 36. One that cannot be read so is no proof of age.
    """
    then, now = _loaded_at(tag), _loaded_at(load.name)
    return then is not None and now is not None and then < now


def of_earlier_load(days: Iterable[str | None], load: RegistryLoad) -> str | None:
    """Why an answer without a tag to tell its age by is not taken for one of *load*: by *days*, a record in it was printed before the day of that.

    Every record says the day of the load that printed it, the same for all (measured: 4,940 pairs of daily copies; in 65 of 96
    dated copies the very day of the last load that had begun, in none a later one, and the others were taken before that load
    was out). That it is the day of the load's timestamp is only inferred: so a tag, where there is one to be read, is believed
    before it, a record that does not say its day is no proof, and a person may overrule it.
    """
    now = _moment(load.data_timestamp)
    first = min(filter(None, days), default=None)
    if now and first and first < now.date().isoformat():
        return f"the answer shows records of {first}, older than the data in force, of {load.data_timestamp}; {ACCEPT}"
    return None


def shows_the_day(days: Iterable[str | None], load: RegistryLoad) -> bool:
    """Whether a record bears, among these *days*, the very day of *load*: then every record that *load* printed does."""
    now = _moment(load.data_timestamp)
    return now is not None and now.date().isoformat() in days


def gone_back(now: str | None, then: str | None) -> str | None:
    """Why a record that was printed by the load of the day *now* is not taken for what follows a content of the day *then*, seen earlier.

    One record never goes back, whatever the tag of its answer: a registry of several machines may mix their copies.
    """
    if now and then and now < then:
        return f"the registry shows the record of {now}, older than that of {then} which it showed before; {ACCEPT}"
    return None


def _loaded_at(tag: str | None) -> int | None:
    found = re.fullmatch(r'(?:W/)?"[^"]*/([0-9a-z]{8})(?:-gzip)?"', tag or "")
    return int(found[1], 36) if found else None


def _moment(timestamp: str | None) -> datetime | None:
    try:
        # The registry prints UTC without an offset.
        return datetime.fromisoformat(timestamp).replace(tzinfo=None) if timestamp else None
    except ValueError:
        return None


def unknown_version(load: RegistryLoad) -> str | None:
    """A warning where the interface is not the one that this version of enrich was written for."""
    if load.api_version and not load.api_version.startswith(_API):
        return f"the registry's interface is now {load.api_version}, and this enrich knows {_API}x: facts may be missing; look for a newer enrich"
    return None
