"""Reports: one ledger, many outlets. Every format is a function of the same `Report`."""
