"""Faults of lists: their order, their pages, and the Link header."""
