"""The control API, with which tests and people steer the mock: `/_mock`."""
