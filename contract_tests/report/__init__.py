"""What a run found, written for people (terminal, html) and for tools (har); each writer is a function of the run."""
