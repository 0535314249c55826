"""Cochrane's "characteristics of ongoing studies" as text: a block for each study.

RevMan imports the characteristics of included studies only; those of ongoing studies are pasted,
field by field. Web pages and Word documents have the same fields (`revman_html`, `revman_docx`).
"""

from collections.abc import Iterator

from enrich.export.characteristics import CHARACTERISTICS, is_ongoing, left_out
from enrich.export.sheet import Sheet
from enrich.text import plural

TITLE = "Characteristics of ongoing studies"


def ongoing(sheet: Sheet) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The ongoing studies of *sheet*: the id of each, and its fields with their texts."""
    return (
        (study.nct_id, [(name, text(study)) for name, text in CHARACTERISTICS.items()])
        for study in sheet.registrations
        if is_ongoing(study)
    )


def remarks(sheet: Sheet) -> list[str]:
    """How many studies there are, and which trials are left out."""
    number = sum(map(is_ongoing, sheet.registrations))
    studies = plural(number, "ongoing study", "ongoing studies")
    return [f"{studies}.", *filter(None, [left_out(sheet.registrations)])]


def render(sheet: Sheet) -> str:
    """The fields of each study, one below the other; further lines of a field are indented."""
    return "".join(render_parts(sheet))


def render_parts(sheet: Sheet) -> Iterator[str]:
    """The same, study by study."""
    yield f"{TITLE}\n{sheet.title}\n\n{chr(10).join(remarks(sheet))}"
    for nct_id, fields in ongoing(sheet):
        lines = [f"{name}: {_indented(text)}".rstrip() for name, text in fields]
        yield "\n".join(["\n", nct_id, "-" * len(nct_id), *lines])
    yield "\n"


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")
