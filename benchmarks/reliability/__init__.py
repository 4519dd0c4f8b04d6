"""Measurements of reliability: the mock under load and garbage, and the suite killed at random moments."""
