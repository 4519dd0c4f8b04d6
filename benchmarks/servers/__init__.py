"""The servers that `make bench` measures: how each is started, and what it serves."""
