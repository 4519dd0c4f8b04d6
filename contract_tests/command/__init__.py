"""The process of a run: its signals, and the options of its command line."""
