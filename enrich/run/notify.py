"""Sends news to addresses of apprise: mail, Slack and many others.

What an address contains is secret and is never printed. Mail goes out as text with an HTML
alternative; every other service gets the text.
"""

import logging
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid
from typing import Any
from urllib.parse import parse_qs, urlsplit

from enrich.errors import EnrichError, MissingExtra


@dataclass(frozen=True)
class Message:
    """News to be sent: a subject line, the text, the same as HTML, and when it was made (ISO)."""

    subject: str
    text: str
    html: str
    made_at: str


class Notifier:
    """The addresses that receive news.

    Raises EnrichError, which names an address by its scheme alone, for one that is not understood.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._services = [(_scheme(url), _service(url), _is_text_only(url)) for url in urls]

    def __bool__(self) -> bool:
        return bool(self._services)

    def send(self, message: Message) -> None:
        """Sends to every address; EnrichError names the schemes of those that were not reached."""
        failed = [
            scheme
            for scheme, service, text_only in self._services
            if not _send(service, message, text_only=text_only)
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


def _is_text_only(url: str) -> bool:
    """Whether the address asks for text alone (`format=text`)."""
    return parse_qs(urlsplit(url).query).get("format") == ["text"]


def _send(service: Any, message: Message, *, text_only: bool) -> bool:
    from apprise import NotifyFormat

    plugins = list(service)
    if plugins and all(hasattr(plugin, "smtp_host") for plugin in plugins):
        sent = [_mail(plugin, message, text_only=text_only) for plugin in plugins]
        return all(sent)
    return bool(
        service.notify(title=message.subject, body=message.text, body_format=NotifyFormat.TEXT)
    )


# --- mail: apprise would make the text out of the HTML


def _mail(plugin: Any, message: Message, *, text_only: bool) -> bool:
    """Sends to the recipients of a mail address of apprise; whether that went well."""
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = _address(plugin.from_addr)
    mail["To"] = ", ".join(map(_address, plugin.targets))
    mail["Date"] = format_datetime(datetime.fromisoformat(message.made_at))
    mail["Message-ID"] = make_msgid(domain=str(plugin.smtp_host))
    if plugin.cc:
        mail["Cc"] = ", ".join(sorted(plugin.cc))
    if plugin.reply_to:
        mail["Reply-To"] = ", ".join(sorted(plugin.reply_to))
    mail.set_content(message.text)
    if not text_only:
        mail.add_alternative(message.html, subtype="html")
    recipients = [address for _, address in plugin.targets]
    try:
        with _connection(plugin) as smtp:
            smtp.send_message(
                mail, plugin.from_addr[1], [*recipients, *sorted(plugin.cc), *sorted(plugin.bcc)]
            )
    except (OSError, smtplib.SMTPException):
        return False
    return True


def _address(named: Sequence[Any]) -> str:
    """A pair of name (or False) and address, as apprise keeps it."""
    name, address = named
    return formataddr((str(name or ""), str(address)))


def _connection(plugin: Any) -> smtplib.SMTP:
    """A connection to the mail server, encrypted and logged in as the address asks for."""
    mode = str(getattr(plugin.secure_mode, "value", plugin.secure_mode)) if plugin.secure else ""
    timeout = plugin.socket_connect_timeout
    context = ssl.create_default_context()
    if not plugin.verify_certificate:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if mode == "ssl":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            plugin.smtp_host, plugin.port, timeout=timeout, context=context
        )
    else:
        smtp = smtplib.SMTP(plugin.smtp_host, plugin.port, timeout=timeout)
        if mode == "starttls":
            smtp.starttls(context=context)
    if plugin.user and plugin.password:
        smtp.login(plugin.user, plugin.password)
    return smtp
