"""What keeps other channels, tokens and personal data safe: guard, journal, reserved addresses, redaction, leaks."""
