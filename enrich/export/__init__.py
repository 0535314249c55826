"""The table with registry values. Each format is a module with a function
`render(sheet: Sheet)`.
"""

from enrich.formats import Format, by_name

_OFFICE = "application/vnd.openxmlformats-officedocument"

FORMATS = by_name(
    Format("csv", "enrich.export.csv_format", "text/csv", ("csv",)),
    Format("markdown", "enrich.export.markdown", "text/markdown", ("md", "markdown")),
    Format("html", "enrich.export.html_page", "text/html", ("html", "htm")),
    Format(
        "xlsx", "enrich.export.xlsx", f"{_OFFICE}.spreadsheetml.sheet", ("xlsx",), needs_file=True
    ),
    Format(
        "docx",
        "enrich.export.docx",
        f"{_OFFICE}.wordprocessingml.document",
        ("docx",),
        needs_file=True,
    ),
    Format("corrections", "enrich.export.corrections", "text/plain", ("txt", "corrections")),
)
