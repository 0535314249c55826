"""A printed cell as the parsers read it: every sign that is only a way of printing is undone here.

Journals, spreadsheets and web pages print one and the same statement with a dozen dashes, several
blanks, fractions, HTML and footnote marks. They are normalised once, before anything is read.
"""

import html
import re
import unicodedata
from functools import lru_cache

from enrich.text import lazy_pattern

# U+2010 to U+2015, the minus sign and the small and full-width hyphens. A soft hyphen between
# digits was printed as one, within a word it only marks where the word may be broken.
_DASHES = lazy_pattern("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]|(?<=\\d)\u00ad(?=\\d)")
_FRACTION = lazy_pattern("[\u00bc-\u00be\u2150-\u215e\u2189]")
# 1'949 as the Swiss print it, 1 949 with the narrow or fixed blank of French and scientific print.
# An ordinary blank may part two numbers.
_THOUSANDS = lazy_pattern("(?<=\\d)['\u2019\u02bc\u00b4`\u2032\u00a0\u2009\u202f](?=\\d{3}(?!\\d))")
_BREAK = lazy_pattern(r"<\s*(?:br|/p|/div|/li|/td|/tr)\s*/?\s*>", re.I)
_RAISED = lazy_pattern(r"<\s*(sup|sub)\b[^<>]{0,60}>[^<>]{0,20}<\s*/\s*\1\s*>", re.I)
_TAG = lazy_pattern(r"<\s*/?\s*[a-z][^<>]{0,200}>", re.I)
# Superscripts (digits, letters) and the usual footnote signs, never part of what they stand behind.
_FOOTNOTE = str.maketrans(
    dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ†‡§¶‖※®™©\u2020\u2021", " ")
)
_ASTERISKS = lazy_pattern(r"(?<=[\w)\]])\s?(?:\*+|#+)(?=[\s,;:.)\]/|]|$)|^\s*\*+(?=\s?\w)")
# A citation behind the statement: [12], [12,13], [3–5].
# Behind a number, a range in square brackets belongs to it: 54 [19-83].
_CITATION = lazy_pattern(
    r"(?:(?<=\w)\s*\[\d{1,3}\]|(?<=[^\W\d])\s*\[\d{1,3}(?:\s?[,-]\s?\d{1,3}){1,9}\])"
    r"(?=\s*[;,.]?\s*$)"
)
_TICKS = {"✓": " yes ", "✔": " yes ", "☑": " yes ", "✅": " yes ", "√": " yes "}
_CROSSES = {"✗": " no ", "✘": " no ", "☒": " no ", "❌": " no ", "✕": " no ", "✖": " no "}
_SIGNS = str.maketrans(
    {
        **_TICKS,
        **_CROSSES,
        **{"♀": " female ", "♂": " male "},
        **{"⩾": "≥", "≧": "≥", "⩽": "≤", "≦": "≤"},
        **{"∼": "~", "≈": "~", "≃": "~", "≅": "~", "⁄": "/", "∕": "/"},
        **{"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "′": "'"},
    }
)
_COMPARISON = ((">=", "≥"), ("=>", "≥"), ("<=", "≤"), ("=<", "≤"))
_AS_IT_IS = lazy_pattern(r"[\w.,:;/()| -]*", re.ASCII)
_BLANKS = lazy_pattern(r"[^\S\n]+")
_LINES = lazy_pattern(r" ?\n[ \n]*")


@lru_cache(maxsize=4096)
def normalize_cell(text: str) -> str:
    r"""*text* in lower case, with plain hyphens, blanks, digits and comparison signs.

    Line breaks stay, as `\n`: they part statements. Accents go, so that `Médio` is `medio`.

    >>> normalize_cell("Phase\u00a0I\u2212II*")
    'phase i-ii'
    >>> normalize_cell("1\u2019949 &ge; <b>18</b>\u00b2")
    '1,949 ≥ 18'
    """
    if _AS_IT_IS.fullmatch(text) and "  " not in text:  # a number, a few words: most cells
        return text.strip().lower()
    unescaped = _without_markup(text)
    signs = _FRACTION.sub(_spelled_fraction, _DASHES.sub("-", unescaped))
    plain = _THOUSANDS.sub(",", signs).translate(_FOOTNOTE).translate(_SIGNS)
    letters = "".join(
        sign
        for sign in unicodedata.normalize("NFKD", plain)
        if sign == "\n" or unicodedata.category(sign) not in ("Mn", "Cc", "Cf", "Cs")
    )
    folded = unicodedata.normalize("NFC", letters).casefold().translate(_SIGNS)
    for written, sign in _COMPARISON:
        folded = folded.replace(written, sign)
    marked = _CITATION.sub("", _ASTERISKS.sub(" ", folded))
    return _LINES.sub("\n", _BLANKS.sub(" ", marked)).strip()


def _without_markup(text: str) -> str:
    """*text* without HTML entities (escaped once or twice) and tags, with `\n` for line breaks."""
    plain = html.unescape(html.unescape(text)) if "&" in text else text
    if "<" in plain:
        plain = _TAG.sub(" ", _RAISED.sub(" ", _BREAK.sub("\n", plain)))
    return plain.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")


def _spelled_fraction(match: re.Match[str]) -> str:
    """`½` as ` 1/2 `, so that `12½` does not become twelve times ten and a half."""
    spelled = unicodedata.normalize("NFKD", match[0]).replace("\u2044", "/")
    return f" {spelled} "
