"""Sends a mail by the server of an address of apprise, as text with an HTML alternative.

Apprise would make the text out of the HTML.
"""

import smtplib
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid
from typing import Any, NamedTuple

from enrich.logs import LOG
from enrich.run.notify import Message


class _Recipients(NamedTuple):
    """Who gets a mail: pairs of name (or False) and address, and addresses of copies."""

    to: Sequence[Sequence[Any]]
    cc: Sequence[str]
    bcc: Sequence[str]


def send_mail(plugin: Any, message: Message, *, text_only: bool, mail_to: str | None) -> bool:
    """Sends to *mail_to*, or to the recipients of a mail address of apprise.

    Gives whether that went well.
    """
    own = _Recipients(plugin.targets, sorted(plugin.cc), sorted(plugin.bcc))
    recipients = own if mail_to is None else _Recipients([(False, mail_to)], [], [])
    mail = _as_mail(plugin, message, recipients)
    if not text_only:
        mail.add_alternative(message.html, subtype="html")
    addresses = [*(address for _, address in recipients.to), *recipients.cc, *recipients.bcc]
    try:
        with _connection(plugin) as smtp:
            refused = smtp.send_message(mail, plugin.from_addr[1], addresses)
    except (OSError, smtplib.SMTPException):
        return False
    if refused:
        # The others have it: sending again would reach them twice.
        LOG.warning("the mail server refused %d of %d recipients", len(refused), len(addresses))
    return True


def _as_mail(plugin: Any, message: Message, recipients: _Recipients) -> EmailMessage:
    """The mail with its headers and its text."""
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = _address(plugin.from_addr)
    mail["To"] = ", ".join(map(_address, recipients.to))
    mail["Date"] = format_datetime(datetime.fromisoformat(message.made_at))
    mail["Message-ID"] = make_msgid(domain=str(plugin.smtp_host))
    if recipients.cc:
        mail["Cc"] = ", ".join(recipients.cc)
    if plugin.reply_to:
        mail["Reply-To"] = ", ".join(sorted(plugin.reply_to))
    mail.set_content(message.text)
    return mail


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
