"""The versions that the lowest bounds of pyproject.toml name are those that `tests/lowest_versions.txt` installs."""

import re
import tomllib

from tests.fixtures.corpus import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# A name, its extras, its lowest version.
BOUNDED = re.compile(r"([a-z0-9-]+)(?:\[[a-z,]+\])?>=([0-9.]+)")


def bounds():
    """The lowest version of each library that is asked for, by its name; without our own extras and what has no bound."""
    asked = [
        *PROJECT["dependencies"],
        *(one for extra in PROJECT["optional-dependencies"].values() for one in extra),
    ]
    return {found[1]: found[2] for one in asked if (found := BOUNDED.match(one))}


def test_lowest_versions_are_those_of_the_bounds():
    lines = [
        line
        for line in (ROOT / "tests" / "lowest_versions.txt")
        .read_text(encoding="utf-8")
        .splitlines()
        if not line.startswith("#")
    ]
    assert lines == [f"{name}=={version}" for name, version in bounds().items()]


def test_everything_a_user_installs_has_a_lowest_and_a_highest_version():
    users = [
        *PROJECT["dependencies"],
        *(
            one
            for extra in ("browse", "excel", "docx", "notify")
            for one in PROJECT["optional-dependencies"][extra]
        ),
    ]
    assert all(BOUNDED.match(one) and ",<" in one for one in users)
