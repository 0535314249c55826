"""The Jinja2 environment of the HTML formats: all that a record holds is escaped."""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from enrich.dates import long_day
from enrich.text import join_and, plural, sanitize, strip_invisible


def environment(**names: Any) -> Environment:
    """The environment, with *names* as globals of its templates."""
    made = Environment(
        loader=PackageLoader("enrich.reports"),
        autoescape=True,
        finalize=_without_invisible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        days=unbroken_days, long_day=long_day, plural=plural, sanitize=sanitize, join_and=join_and
    )
    made.globals.update(names)
    return made


def _without_invisible(value: object) -> object:
    """Removes invisible characters from every text that is printed; markup went through before."""
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return strip_invisible(str(value)) if is_text else value


def unbroken_days(text: str) -> Markup:
    """*text*, escaped, with dates and ids that do not break at the end of a line."""
    escaped = str(escape(strip_invisible(text)))
    return Markup(
        re.sub(r"\d{4}-\d{2}-\d{2}|NCT\d{8}", r'<span class="unbroken">\g<0></span>', escaped)
    )
