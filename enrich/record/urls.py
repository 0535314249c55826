"""Addresses on the registry's own sites."""

from urllib.parse import quote

_STUDIES = "https://clinicaltrials.gov/study/"
_DOCUMENTS = "https://cdn.clinicaltrials.gov/large-docs/"


def record_url(nct_id: str) -> str:
    """The page of a record as it is now."""
    return _STUDIES + quote(nct_id, safe="")


def history_url(nct_id: str) -> str:
    """The page that lists every version of a record, any two of which can be compared there."""
    return f"{record_url(nct_id)}?tab=history"


def comparison_url(nct_id: str, version: int, other: int) -> str:
    """The page that compares two versions of a record; its list of versions if both are the same.

    Versions count from 0, as the history of the registry numbers them; its page counts from 1.
    """
    if version == other:
        return history_url(nct_id)
    return f"{history_url(nct_id)}&a={version + 1}&b={other + 1}#version-content-panel"


def document_url(nct_id: str, filename: str) -> str:
    """The file of a document that is posted with a record.

    >>> document_url("NCT10000001", "Prot 1.pdf")
    'https://cdn.clinicaltrials.gov/large-docs/01/NCT10000001/Prot%201.pdf'
    """
    return f"{_DOCUMENTS}{nct_id[-2:]}/{nct_id}/{quote(filename, safe='')}"


def registry_url_or_none(url: str | None) -> str | None:
    """*url* if it leads to the registry's own site and has no character that could end a link."""
    if not url or not url.startswith(_STUDIES):
        return None
    is_safe = not set(url) & set(' ()<>"\\|') and url.isascii() and url.isprintable()
    return url if is_safe else None
