"""The GitHub action, workflows, templates and CI snippets: valid, and their shell steps run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy
from tests.distribution.conftest import ROOT, TOOLS, run, served
from tests.time_limits import HANG_SECONDS

pytestmark = pytest.mark.distribution

SCHEMAS = {
    "action.yml": "vendor.github-actions",
    ".github/workflows/ci.yml": "vendor.github-workflows",
    ".github/workflows/release.yml": "vendor.github-workflows",
    ".github/dependabot.yml": "vendor.dependabot",
    ".github/ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",
    ".github/ISSUE_TEMPLATE/difference.yml": "vendor.github-issue-forms",
    ".github/ISSUE_TEMPLATE/problem.yml": "vendor.github-issue-forms",
}
TOKENS = {"CANVAS_TOKEN": "student-token", "CANVAS_OTHER_USER_ID": "2"}


def blocks(language: str) -> list[str]:
    """Return the code blocks of docs/ci.md in this language."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.DOTALL)


def steps_of(file: str) -> list[dict[str, Any]]:
    document = yaml.safe_load((ROOT / file).read_text("utf-8"))
    jobs = document["jobs"].values() if "jobs" in document else [document["runs"]]
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize(("file", "schema"), SCHEMAS.items())
def test_file_is_valid_by_the_schema_of_github(file: str, schema: str) -> None:
    assert "ok" in run(TOOLS / "check-jsonschema", "--builtin-schema", schema, file)


@pytest.mark.parametrize("file", ["action.yml", ".github/workflows/ci.yml", ".github/workflows/release.yml"])
def test_shellcheck_accepts_every_step(file: str, tmp_path: Path) -> None:
    scripts = [step["run"] for step in steps_of(file) if "run" in step]
    assert scripts
    for number, script in enumerate(scripts):
        text = re.sub(r"\$\{\{.*?\}\}", "expression", script)
        (tmp_path / f"{number}.sh").write_text(f"#!/bin/bash\nset -e\n{text}\n")

    assert run(TOOLS / "shellcheck", *tmp_path.glob("*.sh")) == ""


def test_readme_names_four_ways_to_install() -> None:
    section = (ROOT / "README.md").read_text("utf-8").partition("\n## Install\n")[2].partition("\n## ")[0]
    ways = re.findall(r"^\| (\w+) \| `", section, re.MULTILINE)

    assert ways == ["clone", "Python", "npm", "container"]
    assert len(section.splitlines()) < 25


def test_pre_commit_hooks_run_programs_of_make_check() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    check = (ROOT / "Makefile").read_text("utf-8").partition("\ncheck:")[2].partition("\n\n")[0]

    programs = {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in hooks}

    assert programs == set(re.findall(r"\$\(BIN\)/([a-z-]+)", check))


class TestAction:
    @staticmethod
    def environment(folder: Path, **inputs: str) -> dict[str, str]:
        """Return the environment of the action's steps, with this Python's packages in place of an installation."""
        programs = folder / "canvas-contract" / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        python = programs / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        passed = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        files = {name: str(folder / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        return {**passed, **files, "RUNNER_TEMP": str(folder), "GITHUB_ACTION_PATH": str(ROOT), **TOKENS, **inputs}

    @staticmethod
    def run_suite(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        (step,) = [step for step in steps_of("action.yml") if step.get("id") == "run"]
        assert set(step["env"]) == {"PROFILE", "SEED", "INPUT_URL"}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        return subprocess.run(  # noqa: S603  # our own command
            command, env=environment, cwd="/", capture_output=True, text=True, timeout=HANG_SECONDS, check=False
        )

    def test_passing_run_has_no_annotation(self, tmp_path: Path) -> None:
        with served(sys.executable, "-m", "mockserver", "--port", "0") as (_, url):
            process = self.run_suite(self.environment(tmp_path, INPUT_URL=url, PROFILE="smoke", SEED="1"))

        assert process.returncode == 0, process.stdout + process.stderr
        assert "::error" not in process.stdout
        assert (tmp_path / "github_output").read_text() == "result=passed\n"
        assert (tmp_path / "github_step_summary").read_text().startswith("## Canvas contract: passed\n")
        assert (tmp_path / "canvas-contract-reports" / "junit.xml").is_file()

    def test_failing_run_has_an_annotation_for_each_group(self, tmp_path: Path) -> None:
        def without_position(request: ProxiedRequest) -> ProxiedResponse:
            response = request.send()
            response.body = re.sub(rb'"position":\d+,', b"", response.body)
            return response

        with (
            served(sys.executable, "-m", "mockserver", "--port", "0") as (_, url),
            running_proxy(url, without_position) as target,
        ):
            process = self.run_suite(self.environment(tmp_path, INPUT_URL=target, PROFILE="smoke", SEED="1"))

        annotations = [
            line for line in process.stdout.splitlines() if line.startswith("::error title=Canvas contract::")
        ]
        summary = (tmp_path / "github_step_summary").read_text()
        assert process.returncode == 1
        assert "the required field position" in annotations[0]
        assert all("student-token" not in text for text in (process.stdout, summary))
        assert (tmp_path / "github_output").read_text() == "result=failed\n"
        assert summary.startswith("## Canvas contract: failed\n")
        assert summary.count("<details>") >= len(annotations) - 1  # a group without a text has none

    def test_refused_run_is_inconclusive(self, tmp_path: Path) -> None:
        process = self.run_suite(self.environment(tmp_path, INPUT_URL="ftp://x", PROFILE="smoke", SEED="1"))

        assert process.returncode == 2
        assert (tmp_path / "github_output").read_text() == "result=inconclusive\n"
        assert "::error title=Canvas contract::" in process.stdout
        assert "inconclusive" in (tmp_path / "github_step_summary").read_text()

    def test_inputs_are_used_and_no_input_is_a_token(self) -> None:
        action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
        text = json.dumps(action["runs"])

        assert all(f"inputs.{name}" in text for name in action["inputs"])
        assert not [name for name in action["inputs"] if "token" in name]


class TestSummary:
    def test_annotation_escapes_its_text(self, tmp_path: Path) -> None:
        junit = tmp_path / "junit.xml"
        junit.write_text(
            '<testsuites><testsuite tests="2" failures="2">'
            '<testcase name="a"><failure message="100% &lt;b&gt;"/></testcase>'
            '<testcase name="b"><failure message="100% &lt;b&gt;"/></testcase></testsuite></testsuites>'
        )

        output = run(sys.executable, "deploy/github_summary.py", junit, GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))

        assert output == "::error title=Canvas contract::100%25 <b>%0A2 tests, such as a\n"
        assert "1. 100% &#60;b&#62;\n" in (tmp_path / "summary").read_text()

    def test_absent_report_is_stated(self, tmp_path: Path) -> None:
        target = tmp_path / "summary"

        run(sys.executable, "deploy/github_summary.py", tmp_path / "none.xml", GITHUB_STEP_SUMMARY=str(target))

        assert "no report" in target.read_text()


class TestSnippets:
    """The shell of the snippets; pip installs nothing, and `canvas-contract` is that of this environment."""

    @staticmethod
    def run_script(script: str, folder: Path) -> str:
        """Run a script of the page in a folder, with the programs of `.contract/bin` replaced; return its output."""
        programs = folder / "programs"
        programs.mkdir()
        suite = f'exec "{Path(sys.executable).parent}/canvas-contract" -k test_listing "$@"'
        # fails unless the arguments are those of the installation
        install = 'test "$1 $2 $3 $4" = "-m pip install --quiet" && test "$5" = \'canvas-channels-contract[contract]\''
        for name, text in {"canvas-contract": suite, "python": f'case "$2" in venv) ;; *) {install} ;; esac'}.items():
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        (folder / ".contract").mkdir()
        (folder / ".contract" / "bin").symlink_to(programs)
        path = f"{programs}:{os.environ['PATH']}"
        return run("sh", "-ec", script, cwd=folder, PATH=path, PROFILE="smoke", PYTHONPATH=str(ROOT))

    def test_gitlab_script_writes_the_reports_that_it_stores(self, tmp_path: Path) -> None:
        (text,) = [block for block in blocks("yaml") if block.startswith("canvas-contract:")]
        (tmp_path / "gitlab.yml").write_text(text)
        job = yaml.safe_load(text)["canvas-contract"]

        checked = run(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", tmp_path / "gitlab.yml")
        output = self.run_script("\n".join(job["script"]), tmp_path)

        assert "ok" in checked
        assert "Passed" in output
        assert (tmp_path / job["artifacts"]["reports"]["junit"]).is_file()

    def test_jenkins_script_writes_the_reports_that_it_stores(self, tmp_path: Path) -> None:
        (text,) = blocks("groovy")
        found = re.search(r"sh '''(.*?)'''", text, re.DOTALL)
        assert found

        output = self.run_script(found[1], tmp_path)

        assert "Passed" in output
        for name in re.findall(r"(?:junit|archiveArtifacts) '([^']+)'", text):
            assert (tmp_path / name).exists()
        assert text.count("{") == text.count("}")
