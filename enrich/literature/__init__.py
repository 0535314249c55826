"""Asks PubMed, Europe PMC and Crossref about the papers of trials, with the registry's manners."""
