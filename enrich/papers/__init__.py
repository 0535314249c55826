"""The papers of a trial: which of them reports its results, and which notices stand against it."""
