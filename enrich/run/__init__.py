"""One run: fetch, compare, store, report and notify."""
