"""The papers of a trial: which of them reports its results, and the notices about it."""
