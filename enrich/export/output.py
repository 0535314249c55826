"""Writes a table that was taken away where it is wanted: to a file, or to stdout."""

from collections.abc import Callable, Sequence
from pathlib import Path

from enrich.atomic import write_to_file_or_stdout
from enrich.export.sheet import Sheet, corrections
from enrich.models import ReportTable

_ENDINGS = {"md": "markdown", "htm": "html", "txt": "corrections"}


def form_of(output: Path | None, forms: Sequence[str]) -> str:
    """Which of *forms* the name of the output file asks for; without any, CSV."""
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return _ENDINGS.get(suffix, suffix if suffix in forms else "csv")


def write_export(
    table: ReportTable, sheet: Sheet, form: str, output: Path | None, *, bom: bool
) -> None:
    """*sheet*, which shows *table*, in this format; EnrichError names a file that cannot be written, or the extra that the format needs."""
    from enrich.export import text as export_text
    from enrich.export.docx import write_docx
    from enrich.export.xlsx import write_xlsx

    books: dict[str, Callable[[Sheet, Path], None]] = {"xlsx": write_xlsx, "docx": write_docx}
    if form in books and output:
        books[form](sheet, output)
        return
    texts: dict[str, Callable[[], str]] = {
        "csv": lambda: export_text.as_csv(sheet, bom=bom),
        "markdown": lambda: export_text.as_markdown(sheet),
        "html": lambda: export_text.as_html(sheet),
        "corrections": lambda: export_text.as_corrections(sheet, corrections(table)),
    }
    write_to_file_or_stdout(texts[form](), output)
