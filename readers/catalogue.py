"""The clients that `make clients` tests: the commands that generate and run each one, and its known failures.

Every command runs in the folder of this file.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

READERS = Path(__file__).resolve().parent
CONTRACT = "../openapi.yaml"
PYTHON = ".venv/bin/python"
MYPY = (sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--python-executable", PYTHON)
OPENAPI_GENERATOR = (".venv/bin/openapi-generator-cli", "generate", "--input-spec", CONTRACT)

Command = tuple[str, ...]

PREPARATION_STEPS = {
    "generate_client": "the generator exits with status 0",
    "check_types": "the client and its scenario pass `mypy --strict` or `tsc --strict`",
}
"""The steps before the scenario, with the condition under which each passes."""

SCENARIO_STEPS = {
    "send_access_token": "the client authenticates with its own setting for a token, "
    "and the token is not in the URL, where the client exposes the URL",
    "list_channels": "the first page contains the student's three channels",
    "list_all_pages": "the client reads every page, up to the one whose `Link` header has no `next`",
    "create_sms_channel": "the fields arrive, and the response contains the address unchanged",
    "delete_channel_by_id": "the response contains the deleted channel in the state `retired`",
    "delete_channel_by_address": "the new SMS channel is deleted by its type and address",
    "delete_push_token": "the push token arrives in a DELETE request and is deleted",
    "create_duplicate_channel": "the error is 400, because the user already has a channel with this address",
    "send_unknown_token": "the error is 401, because no user has this access token",
    "list_channels_of_another_user": "the error is 403, because a teacher may not list a student's channels",
    "delete_unknown_channel": "the error is 404, because the user has no channel with this id",
}
"""The steps of the scenario in their order, with the condition under which each passes."""

STEPS = PREPARATION_STEPS | SCENARIO_STEPS


@dataclass(frozen=True)
class KnownFailure:
    """A step that a client fails: a part of the error message, the cause, and the URL of the client's own issue."""

    step: str
    message: str
    cause: str
    issue: str


@dataclass(frozen=True)
class Client:
    """A client of the API, with its known failures: a published one; the subclasses are for generated ones.

    `generator` is the command that generates the client; a published client has none.
    `import_path` is the folder from which Python imports the client.
    """

    name: str
    packages: tuple[str, ...]
    generator: Command = ()
    import_path: str = "."
    language: str = ""
    remark: str = ""
    known_failures: tuple[KnownFailure, ...] = ()

    @property
    def title(self) -> str:
        """The packages with their pinned versions, and the language where a generator has several."""
        packages = " + ".join(f"{package} {pinned_version(package)}" for package in self.packages)
        return f"{packages} ({self.language})" if self.language else packages

    @property
    def type_checker(self) -> Command:
        """The command that checks the types of the client and its scenario; empty for a published client."""
        return ()

    @property
    def scenario(self) -> Command:
        """The command that runs the scenario, without its argument, the origin of the mock."""
        return ("node", f"scenarios/{self.name}.mjs")

    @property
    def preparation(self) -> dict[str, Command]:
        """The command of each preparation step; empty for a published client."""
        commands = {"generate_client": self.generator, "check_types": self.type_checker}
        return {step: command for step, command in commands.items() if command}

    @property
    def steps(self) -> list[str]:
        """The names of the steps that apply to this client."""
        return [*self.preparation, *SCENARIO_STEPS]

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that the commands of this client need."""
        java = ("java",) if self.generator[: len(OPENAPI_GENERATOR)] == OPENAPI_GENERATOR else ()
        return (*(command[0] for command in (*self.preparation.values(), self.scenario)), *java)


class PythonClient(Client):
    """A client that is generated in Python."""

    @property
    def type_checker(self) -> Command:
        """The mypy command for the scenario and every module that it imports."""
        return (*MYPY, "--module", f"scenarios.{self.name}")

    @property
    def scenario(self) -> Command:
        """The command that runs the scenario in the environment of its generator."""
        return (PYTHON, "-m", f"scenarios.{self.name}")


class TypeScriptClient(Client):
    """A client that is generated in TypeScript."""

    @property
    def type_checker(self) -> Command:
        """The tsc command, which also writes the JavaScript that `scenario` runs."""
        return ("node_modules/.bin/tsc", "--project", f"scenarios/{self.name}.tsconfig.json")

    @property
    def scenario(self) -> Command:
        """The command that runs the JavaScript that tsc wrote."""
        return ("node", f"generated/javascript/scenarios/{self.name}.js")


def pinned_version(package: str) -> str:
    """Return the version of a package that requirements.in (Python) or package.json (Node) pins."""
    python = re.search(rf"^{package}==(\S+)", (READERS / "requirements.in").read_text(), re.MULTILINE)
    return python[1] if python else str(json.loads((READERS / "package.json").read_text())["dependencies"][package])


CLIENTS = (
    PythonClient(
        "openapi_python_client",
        ("openapi-python-client",),
        generator=(
            *(".venv/bin/openapi-python-client", "generate", "--path", CONTRACT, "--meta", "none"),
            *("--output-path", "generated/openapi_python_client"),
        ),
        remark="Field names lose their brackets: `communication_channel[address]` becomes `communication_channeladdress`.",
    ),
    PythonClient(
        "openapi_generator_python",
        ("openapi-generator-cli",),
        generator=(
            *(*OPENAPI_GENERATOR, "--generator-name", "python", "--package-name", "channels"),
            *("--output", "generated/openapi_generator_python"),
        ),
        import_path="generated/openapi_generator_python",
        language="Python",
        remark="The generated code is not fully typed, for any contract; `readers/mypy.ini` lists the checks that are off for it.",
        known_failures=(
            KnownFailure(
                "delete_push_token",
                "unexpected keyword argument 'encode_multipart'",
                "The client passes an option for forms to urllib3 that urllib3 accepts for POST and not for DELETE; "
                "the issue was reported to Swagger Codegen, from which OpenAPI Generator was forked",
                "https://github.com/swagger-api/swagger-codegen/issues/7857",
            ),
        ),
    ),
    PythonClient(
        "datamodel_code_generator",
        ("datamodel-code-generator",),
        generator=(
            *(".venv/bin/datamodel-codegen", "--input", CONTRACT, "--input-file-type", "openapi"),
            *("--output-model-type", "pydantic_v2.BaseModel", "--strict-nullable", "--use-annotated"),
            *("--target-python-version", "3.11", "--formatters", "ruff-format"),
            *("--output", "generated/datamodel_code_generator.py"),
        ),
        remark="It generates models only; the scenario sends the forms with httpx and parses the responses with the models.",
    ),
    TypeScriptClient(
        "openapi_fetch",
        ("openapi-typescript", "openapi-fetch"),
        generator=("node_modules/.bin/openapi-typescript", CONTRACT, "--output", "generated/openapi_fetch.d.ts"),
        remark="It sends JSON by default; a form needs a `bodySerializer` and the `Content-Type` header.",
    ),
    TypeScriptClient(
        "openapi_generator_typescript",
        ("openapi-generator-cli",),
        generator=(
            *(*OPENAPI_GENERATOR, "--generator-name", "typescript-fetch"),
            *("--additional-properties", "importFileExtension=.js"),
            *("--output", "generated/openapi_generator_typescript"),
        ),
        language="TypeScript with fetch",
        known_failures=(
            KnownFailure(
                "send_access_token",
                "ResponseError",
                "The client sends `accessToken` without the `Bearer` scheme for an operation that also accepts OAuth2; "
                "the other steps set the header themselves, and the edition `bearer-only` has no OAuth2",
                "https://github.com/OpenAPITools/openapi-generator/issues/12514",
            ),
            KnownFailure(
                "create_duplicate_channel",
                "json.errors.map is not a function",
                "The client parses a `oneOf` as its first member that has the required names, regardless of their types",
                "https://github.com/OpenAPITools/openapi-generator/issues/14763",
            ),
        ),
    ),
    TypeScriptClient(
        "hey_api",
        ("@hey-api/openapi-ts",),
        generator=(
            *("node_modules/.bin/openapi-ts", "--input", CONTRACT, "--output", "generated/hey_api"),
            *("--client", "@hey-api/client-fetch", "--no-log-file"),
        ),
        known_failures=(
            KnownFailure(
                "send_access_token",
                "access_token=student-token",
                "The client sends an `auth` string in every way that the contract offers, including the URL; "
                "the other steps set `auth` to a function that returns the token for the header only, "
                "and the edition `bearer-only` offers the header only",
                "https://github.com/hey-api/hey-api/issues/3195",
            ),
        ),
    ),
    TypeScriptClient(
        "orval",
        ("orval",),
        generator=("node_modules/.bin/orval", "--config", "orval.config.ts"),
        remark="The application sets the host and the token; newer versions need Node 22.",
        known_failures=(
            KnownFailure(
                "delete_channel_by_address",
                "is not valid JSON",
                "The client does not percent-encode path parameters, so the request for some addresses has another path; "
                "the option `urlEncodeParameters` has no effect in this version",
                "https://github.com/orval-labs/orval/issues/3343",
            ),
        ),
    ),
    Client(
        "kth_canvas_api",
        ("@kth/canvas-api",),
        remark="It is published rather than generated, and sends JSON.",
    ),
    Client(
        "canvas_lms_api",
        ("canvas-lms-api",),
        remark="It is published rather than generated, sends the fields in the query string, omits the status from its errors, "
        "and repeats a request without limit when the response is `Rate Limit Exceeded`.",
    ),
)
