"""Faults of tokens, masquerading and permissions."""
