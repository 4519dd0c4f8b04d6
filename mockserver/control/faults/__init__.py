"""Faults: delays, errors and damaged responses that clients add."""
