"""Addresses on the registry's own site."""

from urllib.parse import quote

_SITE = "https://clinicaltrials.gov/study/"


def record(nct_id: str) -> str:
    """The page of a record as it is now."""
    return _SITE + quote(nct_id, safe="")


def versions(nct_id: str) -> str:
    """The page that lists every version of a record, any two of which can be compared there."""
    return f"{record(nct_id)}?tab=history"
