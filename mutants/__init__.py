"""Small faults of this API, put into the mock one at a time: `make mutants` shows that the suite sees each."""
