"""A table's own search of the registry: its candidates, what was decided on them, their ranking."""
