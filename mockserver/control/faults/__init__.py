"""Faults: delays, errors and broken responses that clients ask for."""
