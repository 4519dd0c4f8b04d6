"""Faults of the stored channels, and of the requests that change them."""
