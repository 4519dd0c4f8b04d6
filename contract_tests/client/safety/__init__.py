"""Protection of other channels, tokens and personal data: guard, journal, reserved addresses, redaction, leaks."""
