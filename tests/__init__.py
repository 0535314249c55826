"""Tests of enrich."""
