"""Tests of `make overlays`, `make dist` and docs/reuse.md, from outside the checkout where possible."""
