"""How fast the mock is, next to its peers and to bare Starlette: `make bench` writes docs/performance.md."""
