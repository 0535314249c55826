"""Sends news to addresses of apprise: mail, Slack and many others. What an address holds is secret and is never printed."""

import logging
from collections.abc import Sequence
from typing import Any

from enrich.errors import EnrichError, MissingExtra

_LONGEST_TITLE = 150


class Notices:
    """The addresses that are to hear of news; EnrichError names, by its scheme alone, one that is not understood."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._outlets = [(_scheme(url), _outlet(url)) for url in urls]

    def __bool__(self) -> bool:
        return bool(self._outlets)

    def send(self, title: str, body: str) -> None:
        """Sends to every address; EnrichError names the kinds of those that could not be reached."""
        from apprise import NotifyFormat

        failed = [
            scheme
            for scheme, outlet in self._outlets
            if not outlet.notify(
                title=title[:_LONGEST_TITLE], body=body, body_format=NotifyFormat.TEXT
            )
        ]
        if failed:
            raise EnrichError(
                f"the notice could not be sent by {', '.join(failed)}; the next run sends it again"
            )


def _outlet(url: str) -> Any:
    try:
        from apprise import Apprise
    except ImportError as error:
        raise MissingExtra("--notify", "notify") from error
    # Its own log names hosts and tokens.
    logging.getLogger("apprise").disabled = True
    outlet = Apprise()
    if not outlet.add(url):
        raise EnrichError(
            f"--notify: an address that apprise does not understand ({_scheme(url)}); its forms: https://appriseit.com/services/"
        )
    return outlet


def _scheme(url: str) -> str:
    return url.partition("://")[0][:20] if "://" in url else "no scheme"
