"""The README says what the program does: its generated parts are those of this version."""

from click.testing import CliRunner

from enrich.cli import main
from tests.tools.docs import README, rendered


def test_generated_parts_are_up_to_date():
    readme = README.read_text(encoding="utf-8")
    assert rendered(readme) == readme, "run `python -m tests.tools.docs`"


def test_help_shows_examples():
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert "enrich sync --offline" in result.output
