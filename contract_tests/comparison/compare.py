"""`make compare`: send the same requests to the mock and to a target, and print the differences of the responses.

The requests are a fixed scenario, or with `--random` random ones.
Exit status: 0 no differences, 1 differences, 2 inconclusive.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from contract_tests.client.run.folder import opened_folder, reason_of
from contract_tests.client.run.watchdog import LAST_RESORT, watched
from contract_tests.client.settings import PROFILES, Inconclusive, Settings, read_number, read_profile, read_settings
from contract_tests.command.interruption import EndedBySignal, Interruption
from contract_tests.command.token_arguments import token_argument_error, without_values
from contract_tests.comparison.random_report import report_lines
from contract_tests.comparison.scenario_comparison import find_differences, table_lines
from contract_tests.comparison.session import compare_randomly

if TYPE_CHECKING:
    from collections.abc import Sequence

_INCONCLUSIVE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the mock with the target, print the differences, and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    interruption = Interruption()
    if sentence := token_argument_error(arguments, os.environ):
        print(f"compare: {sentence}", file=sys.stderr)
        return _INCONCLUSIVE
    options = _parser().parse_args(arguments)
    status = _INCONCLUSIVE
    with interruption.handling():
        try:
            return _compare(options, interruption)
        except Inconclusive as error:
            sentence = str(error)
        except AssertionError as error:  # a violation of the contract that ends every run
            status, sentence = 1, str(error)
        except EndedBySignal:
            sentence = (
                f"A third signal ended the clean-up; the journal in {options.reports} lists the leftover channels, "
                "and the next run deletes them."
            )
        except KeyboardInterrupt:
            sentence = "Interrupted; run again for a result."
        except OSError as error:
            sentence = f"A file or the output cannot be written ({reason_of(error)}); free space, and run again."
        print(f"compare: {sentence}", file=sys.stderr)
    return status


def _compare(options: argparse.Namespace, interruption: Interruption) -> int:
    """Compare random requests or the fixed scenario, print the result, and return the exit status."""
    is_random = options.random is not None or options.seed is not None
    with (
        opened_folder(Path(options.reports)),
        watched(PROFILES[read_profile()].minutes, _print_last_resort, sys.stderr),
    ):
        return _compare_randomly(options, interruption) if is_random else _compare_scenario(options, interruption)


def _print_last_resort() -> int:
    """Print why the watchdog stops a comparison that does not end, and return the exit status."""
    print(f"compare: {LAST_RESORT}", file=sys.stderr, flush=True)
    return _INCONCLUSIVE


def _target_settings(url: str) -> Settings:
    if not url:
        raise Inconclusive("CANVAS_URL is not set; set it to the origin of the target.")
    settings = read_settings(url.rstrip("/"), {})
    if settings.is_read_only:
        raise Inconclusive("READ_ONLY is 1, and a comparison creates and deletes channels; set READ_ONLY to 0.")
    return settings


def _compare_scenario(options: argparse.Namespace, interruption: Interruption) -> int:
    """Compare the fixed scenario, print a table of the differences, and return the exit status."""
    steps, differences = find_differences(_target_settings(options.url), Path(options.reports), interruption)
    for line in table_lines(steps, differences):
        print(line)
    return 1 if differences else 0


def _compare_randomly(options: argparse.Namespace, interruption: Interruption) -> int:
    """Compare random requests, print the report, and return the exit status."""
    if options.random is None:
        raise Inconclusive("--seed has no effect without --random; add --random and a number of requests.")
    number = read_number("--random", options.random)
    settings = _target_settings(options.url)
    maximum = settings.limits.budget * 3 // 4  # the rest restores the account after each sequence
    if not 0 < number <= maximum:
        raise Inconclusive(f"--random is {number}; set it to a number from 1 to {maximum}, or choose a larger PROFILE.")
    seed = settings.seed if options.seed is None else read_number("--seed", options.seed)
    folder = Path(options.reports)
    result = compare_randomly(settings, folder, number, seed, interruption)
    world = folder / "compare.world.yaml"
    if result.groups:
        world.write_text(result.world, "utf-8")
    for line in report_lines(result, seed, str(world)):
        print(line)
    return 1 if result.groups else 0


class _Parser(argparse.ArgumentParser):
    """A parser whose errors contain no value of an unknown option."""

    def error(self, message: str) -> NoReturn:
        """Print the message, and end the process."""
        super().error(without_values(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="make compare",
        allow_abbrev=False,
        description="Send the same requests to the mock and to a target, and print the differences of the responses.",
        epilog="Tokens are read from the environment, as for the suite: CANVAS_TOKEN and CANVAS_ADMIN_TOKEN; "
        "with --random CANVAS_TOKEN, CANVAS_PUSH_TOKEN, CANVAS_EXPIRED_TOKEN and CANVAS_REVOKED_TOKEN.",
    )
    folder = os.environ.get("REPORTS") or "reports"
    add = parser.add_argument
    add("--url", default=os.environ.get("CANVAS_URL", ""), help="the target's origin (default: $CANVAS_URL)")
    add("--random", metavar="N", help="send N random requests to your own account instead of the fixed scenario")
    add("--seed", metavar="S", help="seed of the random requests (default: $SEED, else 1)")
    add("--reports", metavar="DIR", default=folder, help="the folder of the journal (default: $REPORTS, else reports)")
    return parser
