"""What `make overlays` and `make dist` make, and docs/reuse.md, tried as a reader of the contract would."""
