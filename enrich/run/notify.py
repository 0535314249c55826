"""Sends news to addresses of apprise: mail, Slack and many others.

What an address contains is secret and is never printed. Mail goes out as text with an HTML
alternative; every other service gets the text.
"""

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from enrich.errors import EnrichError, MissingExtra
from enrich.logs import LOG
from enrich.storage.deliveries import BY_OPTION
from enrich.text import lazy_pattern


@dataclass(frozen=True)
class Message:
    """News to be sent: a subject line, the text, the same as HTML, and when it was made (ISO)."""

    subject: str
    text: str
    html: str
    made_at: str


@dataclass(frozen=True)
class Address:
    """Where messages go: a *service* of apprise (None where there is no way to send).

    *key* stands for the address in the database and holds nothing secret. *mail_to*: the service
    is a mail server, which sends to this address instead of its own.
    """

    key: str
    scheme: str
    service: Any
    is_text_only: bool = False
    mail_to: str | None = None

    def send(self, message: Message, seconds: float) -> bool:
        """Sends; whether that went well, within so many *seconds*. Where none are left, nothing is
        sent: what arrives late counts as unsent, and would be sent twice.
        """
        is_possible = self.service is not None and seconds > 0
        return is_possible and _succeeds_within(
            seconds,
            lambda: _send(
                self.service, harmless(message), text_only=self.is_text_only, mail_to=self.mail_to
            ),
        )


def harmless(message: Message) -> Message:
    """*message* whose subject and text call nobody and link to nothing but by an address in full.

    Titles of records are foreign text, and a service of chats reads `@everyone`, `<!here>` or
    `[text](address)` as commands. A space without width between takes that from them.
    """
    return replace(message, subject=_inert(message.subject), text=_inert(message.text))


def _inert(text: str) -> str:
    return _COMMANDS.sub("\\g<0>\u200b", text)


_COMMANDS = lazy_pattern(r"@(?=\w)|<(?=[!@#/\w])|\](?=[(\[])|`(?=`)|\|(?=\|)")


def _succeeds_within(seconds: float, action: Callable[[], bool]) -> bool:
    """Whether *action* returns True in time.

    The time limits of the libraries hold for each read, and a server that trickles never meets
    them. The thread is a daemon: a program that ends does not wait for it.
    """
    results: list[bool] = []

    def run() -> None:
        try:
            results.append(action())
        except Exception as error:  # a library fails in its own way; the address was not reached
            LOG.warning("a notification failed (%s)", type(error).__name__)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return results == [True]


class Notifier:
    """The addresses that receive news: *urls* of --notify, and those that descriptions name.

    *variables* is the environment, for descriptions that name a variable. Raises EnrichError, which
    names an address by its scheme alone, for one that is not understood.
    """

    def __init__(self, urls: Sequence[str], variables: Mapping[str, str] | None = None) -> None:
        self._variables = variables or {}
        self._own = [_address_of(url, f"{BY_OPTION} {_digest(url)}", "--notify") for url in urls]
        self._named: dict[str, Address] = {}  # by the variable; a service is made once

    def addresses(self, to: str | None) -> Sequence[Address]:
        """The addresses of a recipient: a mail address, a variable, or None for --notify."""
        if to is None:
            return self._own
        if "@" in to:
            return [self._by_mail(to)]
        if to not in self._named:
            self._named[to] = self._by_variable(to)
        return [self._named[to]]

    def _by_variable(self, name: str) -> Address:
        key, url = f"variable {name}", self._variables.get(name)
        return (
            _address_of(url, key, name) if url else Address(key, f"{name}, which is not set", None)
        )

    def _by_mail(self, to: str) -> Address:
        """A mail address, by the first mail server among the addresses of --notify."""
        key = f"mail {_hash(to.lower())}"
        for own in self._own:
            if _is_mail(own.service):
                return replace(own, key=key, mail_to=to)
        return Address(key, "a mail address, as --notify names no mail server", None)


def _address_of(url: str, key: str, name: str) -> Address:
    service = _service(url, name)
    return Address(key, _scheme(url), service, _is_text_only(url))


def _digest(url: str) -> str:
    """Tells addresses apart in the database; user names and passwords do not enter it."""
    parts = urlsplit(url)
    names = {name: values for name, values in parse_qs(parts.query).items() if name in _PUBLIC}
    return _hash(
        repr((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, sorted(names.items())))
    )


# The parameters of an address that say who gets the message.
_PUBLIC = frozenset(("to", "cc", "bcc"))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _service(url: str, name: str) -> Any:
    try:
        from apprise import Apprise, AppriseAsset
    except ImportError as error:
        raise MissingExtra("--notify", "notify") from error
    # Its own log names hosts and tokens.
    logging.getLogger("apprise").disabled = True
    # One message after the other: a program does not end before the threads of apprise do.
    service = Apprise(asset=AppriseAsset(async_mode=False))
    if not service.add(url):
        raise EnrichError(
            f"{name}: apprise does not understand this address; "
            "its forms: https://appriseit.com/services/"
        )
    return service


def _scheme(url: str) -> str:
    """The scheme of an address that apprise understands, without what precedes it: that may be a
    secret.
    """
    return re.split(r"[^a-z0-9]", url.partition("://")[0], flags=re.IGNORECASE)[-1]


def _is_text_only(url: str) -> bool:
    """Whether the address asks for text alone (`format=text`)."""
    return parse_qs(urlsplit(url).query).get("format") == ["text"]


def _is_mail(service: Any) -> bool:
    plugins = list(service)
    return bool(plugins) and all(hasattr(plugin, "smtp_host") for plugin in plugins)


def _send(service: Any, message: Message, *, text_only: bool, mail_to: str | None) -> bool:
    from apprise import NotifyFormat

    if _is_mail(service):
        from enrich.run.mail_server import send_mail  # few runs send mail

        sent = [
            send_mail(plugin, message, text_only=text_only, mail_to=mail_to) for plugin in service
        ]
        return all(sent)
    return bool(
        service.notify(title=message.subject, body=message.text, body_format=NotifyFormat.TEXT)
    )
