"""Faults of addresses: their decoding, their characters, and their validation."""
