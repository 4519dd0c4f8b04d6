"""Benchmarks of the mock (`make bench`) and of the contract suite (`make bench-contract`), reported in docs/."""
