"""The control API, `/_mock`, with which tests and people control the mock."""
