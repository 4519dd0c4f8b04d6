"""The release: its workflow, its document, and the checks of its versions and of the changes of the contract."""

from __future__ import annotations

import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.distribution.conftest import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.distribution


def test_release_workflow_uses_targets_of_the_makefile() -> None:
    targets = re.findall(r"^([a-z-]+):.*?##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8"))
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    typed = [line.split()[1] for line in commands if line.startswith("make ")]

    assert typed
    assert set(typed) <= set(targets)


def test_document_of_releases_names_every_file_with_the_placeholder_of_the_owner() -> None:
    found = run("git", "grep", "--name-only", "--fixed-strings", "your-organisation", "--", ":!tests").split()
    document = (ROOT / "docs" / "releasing.md").read_text("utf-8")

    assert "docs/releasing.md" in found
    assert all(f"`{name}`" in document for name in found if name != "docs/releasing.md")


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm, which comes with Node, is not on this machine")
class TestDiffContract:
    """`make diff-contract` in a checkout without tags."""

    @staticmethod
    def diff(last: Path, contract: Path, status: int) -> str:
        """Compare the contract with that of the last release, and return the output; it must end with this status."""
        files = (f"LAST_RELEASE={last}", f"CONTRACT={contract}")
        return run("make", "--silent", "diff-contract", "SINCE=", *files, status=status)

    @staticmethod
    def without_an_operation(folder: Path, version: str) -> Path:
        """Return the contract with another version, and without the deletion of push tokens."""
        document = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
        del document["paths"]["/users/self/communication_channels/push"]
        document["info"]["version"] = version
        target = folder / "openapi.yaml"
        target.write_text(yaml.safe_dump(document, sort_keys=False))
        return target

    @staticmethod
    def version() -> list[int]:
        """Return the major, minor and patch version of the contract."""
        document = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
        return [int(number) for number in document["info"]["version"].split(".")]

    def test_removed_operation_needs_the_next_major_version(self, tmp_path: Path) -> None:
        major, minor, _ = self.version()
        released = ROOT / "openapi.yaml"

        refused = self.diff(released, self.without_an_operation(tmp_path, f"{major}.{minor + 1}.0"), status=2)
        accepted = self.diff(released, self.without_an_operation(tmp_path, f"{major + 1}.0.0"), status=0)

        assert "Path `/users/self/communication_channels/push` was removed" in refused
        assert "1 major, 0 minor" in refused
        assert f"require a major bump ({major + 1}.0.0)" in refused
        assert "Diff passed" in accepted

    def test_added_operation_needs_the_next_minor_version(self, tmp_path: Path) -> None:
        major, minor, patch = self.version()
        contract = ROOT / "openapi.yaml"

        refused = self.diff(self.without_an_operation(tmp_path, f"{major}.{minor}.{patch}"), contract, status=2)
        accepted = self.diff(self.without_an_operation(tmp_path, "0.9.0"), contract, status=0)

        assert re.search(r"0 major, [1-9]\d* minor", refused)
        assert f"require a minor bump ({major}.{minor + 1}.0)" in refused
        assert "Diff passed" in accepted

    def test_contract_of_the_last_release_is_compared(self) -> None:
        last = max(
            (ROOT / "releases").glob("*/openapi.yaml"), key=lambda path: [int(n) for n in path.parent.name.split(".")]
        )

        output = run("make", "--silent", "diff-contract", "SINCE=")

        assert f"Changes since {last.relative_to(ROOT)}:" in output


class TestCheckRelease:
    @staticmethod
    def release(folder: Path) -> Path:
        """Return a folder with the files of a consistent release 9.9.9."""
        (folder / "packages" / "mock-client").mkdir(parents=True)
        (folder / "releases" / "9.9.9").mkdir(parents=True)
        (folder / "pyproject.toml").write_text('version = "9.9.9"\n')
        (folder / "packages" / "mock-client" / "package.json").write_text('{"version": "9.9.9"}')
        (folder / "CHANGELOG.md").write_text("## [9.9.9] - 2026-11-27\n")
        for target in (folder, folder / "releases" / "9.9.9"):
            (target / "openapi.yaml").write_text("info:\n  version: 9.9.9\n")
        return folder

    @staticmethod
    def problems(folder: Path, tag: str) -> list[str]:
        """Return the sentences of deploy/check_release.py on this folder."""
        program = (
            "import sys, pathlib, check_release\n"
            "for problem in check_release.problems(sys.argv[1], pathlib.Path(sys.argv[2])): print(problem)"
        )
        return run(sys.executable, "-c", program, tag, folder, cwd=ROOT / "deploy").splitlines()

    def test_consistent_release_passes(self, tmp_path: Path) -> None:
        assert self.problems(self.release(tmp_path), "v9.9.9") == []

    def test_every_other_version_is_named(self, tmp_path: Path) -> None:
        names = [problem.split()[0] for problem in self.problems(self.release(tmp_path), "v9.9.8")]

        files = ["pyproject.toml", "openapi.yaml", "packages/mock-client/package.json", "CHANGELOG.md"]
        assert names == [*files, "releases/9.9.8/openapi.yaml"]
