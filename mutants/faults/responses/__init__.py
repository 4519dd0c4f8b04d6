"""Faults of single responses: statuses, fields, formats, ETags, and disclosed data."""
