"""Test accounts: preflight check before the run, baseline, and clean-up after it."""
