"""Ids of feeds, events and differences, made of nothing but what they are about.

The same event has the same id whatever database holds it. An id is a UUID (RFC 4122, version 5).
Older versions published tag: URIs (RFC 4151); what they may have published keeps its id, so that
no feed reader shows it again.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid5

# Never to be changed: feed readers would show everything again.
_NAMESPACE = UUID("d5f21b63-7c0a-4a53-9d0b-5f2f0c1f7a44")
_TAG_AUTHORITY = "tag:example.org,2026:enrich"


@dataclass(frozen=True)
class Identifiers:
    """Makes ids. What was seen up to *tag_uris_until* (ISO, UTC) has a tag: URI."""

    tag_uris_until: str | None = None

    def of_feed(self, tables: Iterable[str]) -> str:
        """The id of the feed about *tables* (their names)."""
        return self._id(("", "feed", *sorted(tables)), 1, is_tag=self.tag_uris_until is not None)

    def of_event(self, seen_at: str, *content: str | None, count: int = 1) -> str:
        """The id of an event with this *content*, the *count*th of the same content."""
        return self._id(content, count, is_tag=self.is_published(seen_at))

    def is_published(self, seen_at: str) -> bool:
        """Whether an older version may have published what was seen at this time."""
        return self.tag_uris_until is not None and seen_at <= self.tag_uris_until

    @staticmethod
    def _id(content: Iterable[str | None], count: int, *, is_tag: bool) -> str:
        parts = ("\x00" if part is None else part for part in content)
        digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        if is_tag:
            return f"{_TAG_AUTHORITY}/{digest[:32]}{f'-{count}' if count > 1 else ''}"
        return f"urn:uuid:{uuid5(_NAMESPACE, f'{digest} {count}')}"
