"""The documentation describes what the program does: generated parts, commands, examples, links and paths."""

import re
import shlex
import tomllib

import pytest
from click.testing import CliRunner

from enrich.cli import main
from enrich.compare.context import CONTEXT_FIELDS
from enrich.models import Cause, Significance, TrialOutcome, Verdict
from enrich.tables.reader import read_table
from tests.tools.docs import PAGES, ROOT, commands, read, rendered

ALL_PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
)
EACH_PAGE = pytest.mark.parametrize("page", ALL_PAGES)


def blocks(page, language):
    """The code blocks of a page in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", read(page), flags=re.M | re.S)


def without_code(text):
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.M | re.S)


@pytest.mark.parametrize("page", PAGES)
def test_generated_parts_are_up_to_date(page):
    assert rendered(page) == read(page), "run `python -m tests.tools.docs`"


def test_the_readme_is_short():
    assert len(read("README.md").splitlines()) <= 130


def test_the_checks_run_the_commands_of_the_readme():
    used = [block.strip() for block in blocks("README.md", "sh")]
    assert len(used) == 2
    assert [command for command in used if command not in read(".ci/run")] == []


def test_help_shows_examples():
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert "enrich sync --offline" in result.output


OPTIONS = {
    name: {
        spelling for option in command.params for spelling in (*option.opts, *option.secondary_opts)
    }
    for name, command in commands()
}


@EACH_PAGE
def test_every_command_in_an_example_exists_with_its_options(page):
    for line in "".join(blocks(page, "sh")).replace("\\\n", "").splitlines():
        words = shlex.split(line, comments=True)
        if words and words[0].removeprefix(".venv/bin/") == "enrich":
            assert words[1] in OPTIONS, line
            used = {word.partition("=")[0] for word in words[2:] if word.startswith("-")}
            assert used <= OPTIONS[words[1]], line


def followed_cells(description):
    """The columns and cells that recipients in the description follow."""
    notify = description.get("notify", [])
    sections = [notify] if isinstance(notify, dict) else notify
    return [item for section in sections for item in section.get("where", {}).items()]


@EACH_PAGE
def test_every_example_of_a_description_can_be_read(page, tmp_path):
    for block in blocks(page, "toml"):
        description = tomllib.loads(block)
        columns = [description.get("id_column", "Id"), *description.get("columns", {})]
        row = ["NCT01813279", *[""] * (len(columns) - 1)]
        for column, cells in followed_cells(description):
            columns, row = [*columns, column], [*row, cells[0]]
        lines = (",".join(f'"{cell}"' for cell in line) for line in (columns, row))
        (tmp_path / "mine.csv").write_text("\n".join(lines))
        given = "" if "file" in description else 'file = "mine.csv"\nid_column = "Id"\n'
        (tmp_path / "mine.toml").write_text(given + block, encoding="utf-8")
        read = read_table(tmp_path / "mine.toml")
        assert read.columns or read.search or read.watch or "notify" in description


def test_every_word_of_the_glossary_is_explained():
    glossary, tables = read("docs/words.md"), read("docs/tables.md")
    words = (*Verdict, *Cause, *Significance, *TrialOutcome)
    assert [word for word in words if f"\n| {word} |" not in glossary] == []
    assert [name for name in CONTEXT_FIELDS if f"\n| `{name}` |" not in tables] == []


def anchors(text):
    """The anchors of the headings of a page, as GitHub and Sphinx make them."""
    headings = re.findall(r"^#+ (.*)", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@EACH_PAGE
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(read(page))):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), target


@EACH_PAGE
def test_every_path_that_is_named_exists(page):
    named = re.findall(r"`((?:enrich|tests|docs|\.ci)/[\w./-]+)`", read(page))
    assert [path for path in named if not (ROOT / path).exists()] == []
