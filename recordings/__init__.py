"""Recorded exchanges with a running Canvas, and their replay against the mock: `make fidelity`."""
