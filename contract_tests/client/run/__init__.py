"""One run: its folder of reports, its locks, the time between its requests, and its limits."""
