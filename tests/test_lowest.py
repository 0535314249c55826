"""`tests/lowest_versions.txt` installs the lowest version that pyproject.toml allows of each library."""

import re
import tomllib

from tests.fixtures.corpus import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
USER_EXTRAS = ("browse", "docx", "excel", "import", "notify")
# A name, its extras, its lowest version.
BOUNDED = re.compile(r"([a-z0-9-]+)(?:\[[a-z,]+\])?>=([0-9.]+)")


def bounds():
    """Library → its lowest version, of the dependencies and of every extra."""
    requirements = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]
    return {match[1]: match[2] for line in requirements if (match := BOUNDED.match(line))}


def test_the_lowest_versions_are_the_lower_bounds():
    text = (ROOT / "tests" / "lowest_versions.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines == [f"{name}=={version}" for name, version in bounds().items()]


def test_every_library_of_a_user_has_a_lower_and_an_upper_bound():
    extras = [PROJECT["optional-dependencies"][name] for name in USER_EXTRAS]
    requirements = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    assert all(BOUNDED.match(line) and ",<" in line for line in requirements)
