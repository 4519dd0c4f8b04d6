"""The mutants themselves: each is what it says, changes the mock, and leaves no trace."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

import mockserver
from mockserver import create_app
from mutants.catalogue import FAULTS, HARMLESS, UNMUTATED, mutant_named
from mutants.page import Row, catchers, text_of
from mutants.surgery import Surgery
from mutants.verdict import served

EVERYONE = (*HARMLESS, *FAULTS)
LIST = "/api/v1/users/self/communication_channels?access_token=student-token"


def test_there_are_at_least_sixty_faults() -> None:
    assert len(FAULTS) >= 60


def test_names_are_unique_and_made_of_words() -> None:
    names = [mutant.name for mutant in EVERYONE]

    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").isalnum() and name.islower() for name in names)


def test_a_mutant_says_in_one_sentence_what_is_different() -> None:
    wordy = [mutant.name for mutant in EVERYONE if not re.fullmatch(r"[^\n]+\.", mutant.sentence)]

    assert wordy == []


def test_a_mutant_changes_what_is_there_and_puts_it_back() -> None:
    before, idle = _parts(), []

    for mutant in EVERYONE:
        with Surgery() as mock:
            world = str(mock.document)
            mutant.operate(mock)
            if not mock.changes and not mock.options and str(mock.document) == world:
                idle.append(mutant.name)

    assert idle == []
    assert _parts() == before


def test_the_unmutated_mock_is_the_mock_itself() -> None:
    with Surgery() as mock:
        UNMUTATED.operate(mock)

        assert type(mock.app()) is type(create_app())


@pytest.mark.parametrize("name", ["duplicates-are-accepted", "create-answers-201"])
def test_a_served_mutant_has_its_fault(name: str) -> None:
    mutant = mutant_named(name)
    assert mutant is not None
    fields = {"communication_channel[type]": "email", "communication_channel[address]": "a@b.example"}

    with served(mutant) as url:
        answers = [httpx2.post(url + LIST, data=fields).status_code for _ in range(2)]

    assert answers == ([200, 200] if name == "duplicates-are-accepted" else [201, 400])


def test_an_unknown_mutant_is_one_sentence_and_2() -> None:
    command = [sys.executable, "-m", "mutants", "serve", "no-such-thing"]

    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own command

    assert run.returncode == 2
    assert "There is no mutant 'no-such-thing'" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_mock_knows_nothing_of_mutants() -> None:
    for path in Path(mockserver.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = getattr(node, "module", None) or ""
            assert not [name for name in (module, *names) if "mutants" in name], path.name


def test_only_a_whole_run_makes_a_page() -> None:
    seeds = [Row("seed", f"seed {seed}", "0", "", "", 1) for seed in range(1, 21)]
    harmless = [Row("harmless", mutant.name, "0", "", "", 1) for mutant in HARMLESS]
    faults = [Row("fault", mutant.name, "1", "test_x.test_y", "It holds.", 1) for mutant in FAULTS]

    assert text_of([*seeds, *harmless, *faults[1:]], 60) is None
    page = text_of([*seeds, *harmless, *faults], 60)
    assert page is not None
    assert "| It holds. |" in page
    assert catchers(page) == {mutant.name: "test_x.test_y" for mutant in FAULTS}


def test_a_survivor_and_a_false_alarm_are_named() -> None:
    survivor = Row("fault", "quiet", "0", "", "", 1)
    alarm = Row("harmless", "loud", "1", "test_x.test_y", "", 1)
    misjudged = Row("fault", "crashing", "2", "", "", 1)

    assert survivor.complaint == "NOT CAUGHT  quiet: exit status 0"
    assert alarm.complaint == "FALSE ALARM loud: exit status 1 test_x.test_y"
    assert misjudged.is_wrong


def _parts() -> list[tuple[str, str, int]]:
    """Every function and class attribute of the mock, by identity."""
    modules = [module for name, module in sys.modules.items() if name.startswith("mockserver.")]
    found = []
    for module in modules:
        for name, value in vars(module).items():
            found.append((module.__name__, name, id(value)))
            if isinstance(value, type) and value.__module__ == module.__name__:
                found += [(value.__name__, inner, id(part)) for inner, part in vars(value).items()]
    return found
