"""The cells of a table as CSV, each exactly as it was read."""

import csv
import io

from enrich.importing.rows import WrittenTable


def csv_of(table: WrittenTable) -> bytes:
    """*table* as CSV in UTF-8. A cell that begins like a formula stays as printed: this file is
    what `enrich` reads.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return file.getvalue().encode("utf-8", "replace")
