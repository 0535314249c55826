"""Any two files are a table or an error of the table: `python -m tests.fuzz.tables`."""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["enrich"]):
    from enrich.compare.rules import RULES
    from enrich.errors import TableError
    from enrich.tables.lint import check_table
    from enrich.tables.reader import read_table

from tests.fuzz import with_examples

FOLDER = Path(tempfile.mkdtemp())
SAYS = "".join(f'[columns."c{number}"]\nsays = ["{name}"]\n' for number, name in enumerate(RULES))
VALID = (
    'file = "t.csv"\nid_column = "NCT ID"\naccessed_column = "seen"\npublished = 2021-03-09\n'
    + SAYS
)
HEADER = ",".join(("NCT ID", "seen", *(f"c{number}" for number in range(len(RULES)))))

CELLS = (
    "Phase I/II",
    "14 (3/11)",
    "2021-03-09",
    "Older than 18 years",
    "Randomized, double blind",
    "Recruiting",
)
EXAMPLES = (
    b"\0" + VALID.encode(),
    b"\1" + f"{HEADER}\nNCT00000001\n".encode(),
    *(b"\2" + cell.encode() for cell in CELLS),
)


def run_once(data: bytes) -> None:
    """The first byte chooses what is random: the description, the CSV, or one cell of each rule."""
    which, content = (data[0] % 3 if data else 0), data[1:]
    files = (
        (content, b"NCT ID\nNCT00000001\n"),
        (VALID.encode(), content),
        (VALID.encode(), _cells(content)),
    )
    description, cells = files[which]
    (FOLDER / "t.toml").write_bytes(description)
    (FOLDER / "t.csv").write_bytes(cells)
    try:
        check_table(read_table(FOLDER / "t.toml"))
    except TableError:
        return


def _cells(content: bytes) -> bytes:
    quoted = '"' + content.decode("utf-8", "ignore").replace("\0", "").replace('"', '""') + '"'
    return f"{HEADER}\nNCT00000001,{','.join([quoted] * (len(RULES) + 1))}\n".encode()


if __name__ == "__main__":
    atheris.Setup(with_examples(sys.argv, EXAMPLES), run_once)
    atheris.Fuzz()
