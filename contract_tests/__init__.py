"""Contract tests for servers with Canvas's Communication Channels API."""
