"""Every mutant is described, changes the mock, and leaves no patch behind."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

import mockserver
from mockserver import create_app, read_world
from mutants import patching
from mutants.catalogue import EQUIVALENT_VARIANTS, FAULTS, UNMUTATED, find_mutant
from mutants.patching import PatchedMock
from mutants.suite import running_mutant

MUTANTS = (*EQUIVALENT_VARIANTS, *FAULTS)
LIST = "/api/v1/users/self/communication_channels?access_token=student-token"


def test_there_are_at_least_sixty_faults() -> None:
    assert len(FAULTS) >= 60


def test_names_are_unique_and_consist_of_words() -> None:
    names = [mutant.name for mutant in MUTANTS]

    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").isalnum() and name.islower() for name in names)


def test_every_mutant_is_described_in_one_sentence() -> None:
    others = [mutant.name for mutant in MUTANTS if not re.fullmatch(r"[^\n]+\.", mutant.sentence)]

    assert others == []


def test_every_mutant_changes_the_mock_or_the_run_and_is_reverted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patching, "read_world", functools.cache(read_world))  # each mutant changes a copy of the world
    before, unchanged = _attributes(), []

    for mutant in MUTANTS:
        with PatchedMock() as mock:
            document = str(mock.world_document)
            mutant.apply(mock)
            is_patched = mock.patch_count or mock.options or str(mock.world_document) != document
            if not (is_patched or mutant.variables):
                unchanged.append(mutant.name)

    assert unchanged == []
    assert _attributes() == before


def test_unmutated_mock_is_the_plain_application() -> None:
    with PatchedMock() as mock:
        UNMUTATED.apply(mock)

        assert type(mock.build_app()) is type(create_app())


@pytest.mark.parametrize(
    ("name", "expected"), [("duplicates-are-accepted", [200, 200]), ("create-returns-201", [201, 400])]
)
def test_served_mutant_has_its_fault(name: str, expected: list[int]) -> None:
    mutant = find_mutant(name)
    assert mutant is not None
    fields = {"communication_channel[type]": "email", "communication_channel[address]": "a@b.example"}

    with running_mutant(mutant) as url:
        statuses = [httpx2.post(url + LIST, data=fields).status_code for _ in range(2)]

    assert statuses == expected


def test_list_command_prints_every_mutant() -> None:
    command = [sys.executable, "-m", "mutants", "list"]

    run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # our own command

    assert [line.split()[0] for line in run.stdout.splitlines()] == [mutant.name for mutant in MUTANTS]


def test_unknown_mutant_exits_with_2_and_one_sentence() -> None:
    command = [sys.executable, "-m", "mutants", "serve", "no-such-mutant"]

    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own command

    assert run.returncode == 2
    assert "Unknown mutant 'no-such-mutant'" in run.stderr
    assert "Traceback" not in run.stderr


def test_mock_does_not_import_mutants() -> None:
    for path in Path(mockserver.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = getattr(node, "module", None) or ""
            assert not [name for name in (module, *names) if "mutants" in name], path.name


def _attributes() -> list[tuple[str, str, int]]:
    """Return every function and class attribute of the mock, with its identity."""
    modules = [module for name, module in sys.modules.items() if name.startswith("mockserver.")]
    found = []
    for module in modules:
        for name, value in vars(module).items():
            found.append((module.__name__, name, id(value)))
            if isinstance(value, type) and value.__module__ == module.__name__:
                found += [(value.__name__, inner, id(attribute)) for inner, attribute in vars(value).items()]
    return found
