"""These tests need the extra `[import]`, which `[test]` includes."""

from importlib.util import find_spec

if any(find_spec(name) is None for name in ("mammoth", "pypdf")):
    collect_ignore_glob = ["test_*.py"]
