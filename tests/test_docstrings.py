"""The worked examples in docstrings are true."""

import doctest
from importlib import import_module

import pytest

from tests.test_architecture import MODULES, PACKAGE

WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in MODULES
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_the_examples_in_docstrings_are_true(module):
    assert not doctest.testmod(import_module(module)).failed


def test_the_examples_are_found():
    assert len(WITH_EXAMPLES) > 5
    assert doctest.testmod(import_module("enrich.text")).attempted
