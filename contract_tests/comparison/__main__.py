"""Entry point of `python -m contract_tests.comparison`."""

import sys

from contract_tests.comparison.compare import main

if __name__ == "__main__":
    sys.exit(main())
