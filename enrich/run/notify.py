"""Sends news to addresses of apprise: mail, Slack and many others.

What an address contains is secret and never printed.
"""

import logging
from collections.abc import Sequence
from typing import Any

from enrich.errors import EnrichError, MissingExtra


class Notifier:
    """The addresses that receive news; EnrichError names, by its scheme alone, one that is not
    understood.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._services = [(_scheme(url), _service(url)) for url in urls]

    def __bool__(self) -> bool:
        return bool(self._services)

    def send(self, title: str, body: str) -> None:
        """Sends to every address; EnrichError names the schemes of those that were not reached."""
        from apprise import NotifyFormat

        failed = [
            scheme
            for scheme, service in self._services
            if not service.notify(title=title, body=body, body_format=NotifyFormat.TEXT)
        ]
        if failed:
            raise EnrichError(
                f"the notification could not be sent by {', '.join(failed)};"
                " the next run sends it again"
            )


def _service(url: str) -> Any:
    try:
        from apprise import Apprise
    except ImportError as error:
        raise MissingExtra("--notify", "notify") from error
    # Its own log names hosts and tokens.
    logging.getLogger("apprise").disabled = True
    service = Apprise()
    if not service.add(url):
        raise EnrichError(
            f"--notify: apprise does not understand this address ({_scheme(url)}); "
            "its forms: https://appriseit.com/services/"
        )
    return service


def _scheme(url: str) -> str:
    return url.partition("://")[0][:20] if "://" in url else "no scheme"
