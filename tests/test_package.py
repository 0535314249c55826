"""What is published holds the package and nothing else, and runs where nothing else is."""

import pytest

from tests.tools import package


@pytest.mark.long
def test_wheel_and_sdist_hold_the_package_and_run_alone(capsys):
    """Needs a package index, for what the build and the package ask for."""
    package.main()
    assert "runs" in capsys.readouterr().out
