"""Entry point of `python -m contract_tests.comparison`."""

import sys

from contract_tests.command.packages import missing_packages_error


def _main() -> int:
    if reason := missing_packages_error():
        print(f"Inconclusive: {reason}")
        return 2

    from contract_tests.comparison.compare import main  # noqa: PLC0415  # it imports these packages

    return main()


if __name__ == "__main__":
    sys.exit(_main())
