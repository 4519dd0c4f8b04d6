"""The record of a run: outcomes, their groups by cause, limits, and the verdict."""
