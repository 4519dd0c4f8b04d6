"""The clients that are held against the mock: how each is made, and what each is known not to do.

Every command runs in the folder of this file.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONTRACT = "../openapi.yaml"
PYTHON = ".venv/bin/python"
MYPY = (sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--python-executable", PYTHON)
OPENAPI_GENERATOR = (".venv/bin/openapi-generator-cli", "generate", "--input-spec", CONTRACT)

Command = tuple[str, ...]

STEPS = {
    "generate": "the generator ends without an error",
    "types": "the client, and a program that uses it, pass `mypy --strict` or `tsc --strict`",
    "send_token": "a token that is set as the client wants it is taken, and is not in the URL, where the client shows that",
    "list_first_page": "the first page is read",
    "page_through_all": "page after page is read, until `Link` has no `next`",
    "create_by_form": "a form with brackets in its names arrives, and the address in it is stored as it was written",
    "delete_by_id": "a channel is deleted by its id",
    "delete_by_address": "the new channel is deleted by its type and address",
    "delete_token": "a form arrives with a DELETE: a push token is deleted",
    "error_400": "an address that is there already: the refusal arrives in the type that the contract names for it",
    "error_401": "likewise, a token that is not known",
    "error_403": "likewise, channels that are not the caller's to see",
    "error_404": "likewise, a channel that is not there",
}


@dataclass(frozen=True)
class Shortcoming:
    """A step that a client cannot do, the words in which it fails, the reason, and where its makers know of it."""

    step: str
    symptom: str
    reason: str
    upstream: str


@dataclass(frozen=True)
class Client:
    """A published client of Canvas, and what is known of it; the command `tell` takes the mock's origin as well."""

    name: str
    packages: tuple[str, ...]
    generate: Command = ()
    path: str = "."
    language: str = ""
    remark: str = ""
    shortcomings: tuple[Shortcoming, ...] = ()

    @property
    def title(self) -> str:
        """The packages, with the versions that are pinned."""
        return " + ".join(f"{package} {version(package)}" for package in self.packages) + (
            f" ({self.language})" if self.language else ""
        )

    @property
    def steps(self) -> list[str]:
        """What it is asked to do: nothing is generated of a published client."""
        return [step for step in STEPS if step not in ("generate", "types") or getattr(self, step)]

    @property
    def types(self) -> Command:
        """What checks the types of the client and its story."""
        return ()

    @property
    def tell(self) -> Command:
        """What runs the story."""
        return ("node", f"stories/{self.name}.mjs")

    @property
    def tools(self) -> tuple[str, ...]:
        """Every program that must be there."""
        java = ("java",) if self.generate[: len(OPENAPI_GENERATOR)] == OPENAPI_GENERATOR else ()
        return (*(command[0] for command in (self.generate, self.types, self.tell) if command), *java)


class PythonClient(Client):
    """A client that is generated in Python, and imported from `path`."""

    @property
    def types(self) -> Command:
        """mypy, over the story and all that it imports."""
        return (*MYPY, "--module", f"stories.{self.name}")

    @property
    def tell(self) -> Command:
        """The story runs beside its generator."""
        return (PYTHON, "-m", f"stories.{self.name}")


class TypeScriptClient(Client):
    """A client that is generated in TypeScript."""

    @property
    def types(self) -> Command:
        """tsc, which also writes the JavaScript that runs."""
        return ("node_modules/.bin/tsc", "--project", f"stories/{self.name}.tsconfig.json")

    @property
    def tell(self) -> Command:
        """The story as tsc wrote it."""
        return ("node", f"generated/javascript/stories/{self.name}.js")


def version(package: str) -> str:
    """The version of a Python or Node package, read from what pins it."""
    pinned = re.search(rf"^{package}==(\S+)", (HERE / "requirements.in").read_text(), re.MULTILINE)
    return pinned[1] if pinned else str(json.loads((HERE / "package.json").read_text())["dependencies"][package])


CLIENTS = (
    PythonClient(
        "openapi_python_client",
        ("openapi-python-client",),
        generate=(
            *(".venv/bin/openapi-python-client", "generate", "--path", CONTRACT, "--meta", "none"),
            *("--output-path", "generated/openapi_python_client"),
        ),
        remark="spells the bracketed fields without their brackets: `communication_channeladdress`",
    ),
    PythonClient(
        "openapi_generator_python",
        ("openapi-generator-cli",),
        generate=(
            *(*OPENAPI_GENERATOR, "--generator-name", "python", "--package-name", "channels"),
            *("--output", "generated/openapi_generator_python"),
        ),
        path="generated/openapi_generator_python",
        language="Python",
        remark="is not strictly typed inside, whatever the contract; `readers/mypy.ini` says where that is let pass",
        shortcomings=(
            Shortcoming(
                "delete_token",
                "unexpected keyword argument 'encode_multipart'",
                "It hands a form to urllib3 as for a POST, which a DELETE does not take; the bug is older than its fork",
                "https://github.com/swagger-api/swagger-codegen/issues/7857",
            ),
        ),
    ),
    PythonClient(
        "datamodel_code_generator",
        ("datamodel-code-generator",),
        generate=(
            *(".venv/bin/datamodel-codegen", "--input", CONTRACT, "--input-file-type", "openapi"),
            *("--output-model-type", "pydantic_v2.BaseModel", "--strict-nullable", "--use-annotated"),
            *("--target-python-version", "3.11", "--formatters", "ruff-format"),
            *("--output", "generated/datamodel_code_generator.py"),
        ),
        remark="makes models only: its story sends what they say with httpx, and reads the answers into them",
    ),
    TypeScriptClient(
        "openapi_fetch",
        ("openapi-typescript", "openapi-fetch"),
        generate=("node_modules/.bin/openapi-typescript", CONTRACT, "--output", "generated/openapi_fetch.d.ts"),
        remark="sends a form only when it is told to: by a `bodySerializer` and the `Content-Type`",
    ),
    TypeScriptClient(
        "openapi_generator_typescript",
        ("openapi-generator-cli",),
        generate=(
            *(*OPENAPI_GENERATOR, "--generator-name", "typescript-fetch"),
            *("--additional-properties", "importFileExtension=.js"),
            *("--output", "generated/openapi_generator_typescript"),
        ),
        language="TypeScript with fetch",
        shortcomings=(
            Shortcoming(
                "send_token",
                "ResponseError",
                "It sends `accessToken` without the word Bearer where an operation may use OAuth2; the other steps set "
                "the header, and the edition `bearer-only` leaves OAuth2 out",
                "https://github.com/OpenAPITools/openapi-generator/issues/12514",
            ),
            Shortcoming(
                "error_400",
                "json.errors.map is not a function",
                "It takes the first member of a `oneOf` that has the required names, whatever is in them",
                "https://github.com/OpenAPITools/openapi-generator/issues/14763",
            ),
        ),
    ),
    TypeScriptClient(
        "hey_api",
        ("@hey-api/openapi-ts",),
        generate=(
            *("node_modules/.bin/openapi-ts", "--input", CONTRACT, "--output", "generated/hey_api"),
            *("--client", "@hey-api/client-fetch", "--no-log-file"),
        ),
        shortcomings=(
            Shortcoming(
                "send_token",
                "access_token=student-token",
                "It sends `auth` in every way that the contract offers, so into the URL as well; "
                "the other steps give it a function that answers for the header only, and the edition `bearer-only` offers nothing else",
                "https://github.com/hey-api/hey-api/issues/3195",
            ),
        ),
    ),
    TypeScriptClient(
        "orval",
        ("orval",),
        generate=("node_modules/.bin/orval", "--config", "orval.config.ts"),
        remark="leaves the host and the token to its caller; newer ones need Node 22",
        shortcomings=(
            Shortcoming(
                "delete_by_address",
                "is not valid JSON",
                "It writes path parameters unescaped, so some addresses are another path; "
                "`urlEncodeParameters`, which should mend that, has no effect in this version",
                "https://github.com/orval-labs/orval/issues/3343",
            ),
        ),
    ),
    Client("kth_canvas_api", ("@kth/canvas-api",), remark="is published, not generated; sends JSON"),
    Client(
        "canvas_lms_api",
        ("canvas-lms-api",),
        remark="is published, not generated; sends a query, forgets the status of an error, and repeats a request "
        "for ever when it is told `Rate Limit Exceeded`",
    ),
)
