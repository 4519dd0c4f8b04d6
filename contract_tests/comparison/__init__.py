"""Comparison of a target with the mock: `make compare`."""
