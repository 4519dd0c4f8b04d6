"""The page docs/mutants.md, and the messages about unexpected results."""

from __future__ import annotations

from mutants.catalogue import EQUIVALENT_VARIANTS, FAULTS, SEEDS
from mutants.page import Row, read_detecting_tests, render_page


def test_only_a_complete_run_renders_a_page() -> None:
    seeds = [Row("seed", f"seed {seed}", "0", "", "", 1) for seed in SEEDS]
    variants = [Row("equivalent", mutant.name, "0", "", "", 1) for mutant in EQUIVALENT_VARIANTS]
    faults = [Row("fault", mutant.name, "1", "test_x.test_y", "The list is sorted.", 1) for mutant in FAULTS]

    assert render_page([*seeds, *variants, *faults[1:]], 60) is None
    page = render_page([*seeds, *variants, *faults], 60)
    assert page is not None
    assert "| The list is sorted. |" in page
    assert read_detecting_tests(page) == {mutant.name: "test_x.test_y" for mutant in FAULTS}


def test_undetected_faults_and_false_positives_are_reported() -> None:
    undetected = Row("fault", "quiet", "0", "", "", 1)
    false_positive = Row("equivalent", "loud", "1", "test_x.test_y", "", 1)
    inconclusive = Row("fault", "crashing", "2", "", "", 1)

    assert undetected.message == "NOT DETECTED    quiet: exit status 0"
    assert false_positive.message == "FALSE POSITIVE  loud: exit status 1 test_x.test_y"
    assert inconclusive.is_unexpected
