"""Reports as text. Each format is a module with a function
`render(context: RenderContext) -> str`.
"""

from enrich.formats import Format, by_name

FORMATS = by_name(
    Format("text", "enrich.reports.plain_text", "text/plain", ("txt",)),
    Format("markdown", "enrich.reports.markdown", "text/markdown", ("md",)),
    Format("html", "enrich.reports.html_page", "text/html", ("html", "htm"), has_charts=True),
    Format("json", "enrich.reports.json_lines", "application/x-ndjson", ("jsonl", "ndjson")),
    Format("csv", "enrich.reports.csv_format", "text/csv", ("csv",)),
    Format("atom", "enrich.reports.atom", "application/atom+xml", ("atom", "xml")),
    Format("log", "enrich.reports.log_paragraph", "text/plain"),
    Format("mail", "enrich.reports.mail", "text/plain", ("eml",)),
    Format("mail-html", "enrich.reports.mail_html", "text/html"),
)
