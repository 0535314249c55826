"""The table with registry values. Each format is a module with a function
`render(sheet: Sheet)`.
"""

from pathlib import Path

from enrich.formats import Format, by_name, format_of_file

_OFFICE = "application/vnd.openxmlformats-officedocument"

FORMATS = by_name(
    Format("csv", "enrich.export.csv_format", "text/csv", ("csv",), has_table=True),
    Format(
        "markdown", "enrich.export.markdown", "text/markdown", ("md", "markdown"), has_table=True
    ),
    Format("html", "enrich.export.html_page", "text/html", ("html", "htm"), has_table=True),
    Format(
        "xlsx",
        "enrich.export.xlsx",
        f"{_OFFICE}.spreadsheetml.sheet",
        ("xlsx",),
        needs_file=True,
        has_table=True,
    ),
    Format(
        "docx",
        "enrich.export.docx",
        f"{_OFFICE}.wordprocessingml.document",
        ("docx",),
        needs_file=True,
        has_table=True,
    ),
    Format("corrections", "enrich.export.corrections", "text/plain", ("txt", "corrections")),
    Format(
        "ris",
        "enrich.export.ris",
        "application/x-research-info-systems",
        ("ris",),
        has_records=True,
    ),
    Format("revman", "enrich.export.revman", "text/plain", ("revman",), has_records=True),
    Format(
        "revman-html",
        "enrich.export.revman_html",
        "text/html",
        ("html", "htm"),
        has_records=True,
    ),
    Format(
        "revman-docx",
        "enrich.export.revman_docx",
        f"{_OFFICE}.wordprocessingml.document",
        ("docx",),
        needs_file=True,
        has_records=True,
    ),
    Format(
        "inspect",
        "enrich.export.inspect_xlsx",
        f"{_OFFICE}.spreadsheetml.sheet",
        ("xlsx",),
        needs_file=True,
        has_records=True,
        has_evidence=True,
    ),
    Format(
        "inspect-docx",
        "enrich.export.inspect_docx",
        f"{_OFFICE}.wordprocessingml.document",
        ("docx",),
        needs_file=True,
        has_records=True,
        has_evidence=True,
    ),
)


def select_format(name: str | None, output: Path | None) -> Format:
    """The format called *name*, by default that of the file *output*, else CSV.

    A format may have forms for several kinds of file: `revman` is `revman-docx` for a .docx.
    """
    if not name:
        return format_of_file(output, FORMATS) or FORMATS["csv"]
    forms = {key: form for key, form in FORMATS.items() if key.startswith(f"{name}-")}
    return format_of_file(output, forms) or FORMATS[name]
