"""The published packages contain the package and nothing else, and run alone."""

import pytest

from tests.tools import package


@pytest.mark.long
def test_wheel_and_sdist_contain_the_package_and_run_alone(capsys):
    """Needs a package index."""
    package.main()
    assert "runs" in capsys.readouterr().out
