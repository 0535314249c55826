"""Addresses on the registry's own site."""

from urllib.parse import quote

_SITE = "https://clinicaltrials.gov/study/"


def record_url(nct_id: str) -> str:
    """The page of a record as it is now."""
    return _SITE + quote(nct_id, safe="")


def history_url(nct_id: str) -> str:
    """The page that lists every version of a record, any two of which can be compared there."""
    return f"{record_url(nct_id)}?tab=history"


def registry_url_or_none(address: str | None) -> str | None:
    """*address* where it leads to the registry's own site and holds nothing that would end a link, else None."""
    return (
        address
        if address
        and address.startswith(_SITE)
        and not set(address) & set(' ()<>"\\|')
        and address.isascii()
        and address.isprintable()
        else None
    )
