"""World files that no editor writes: whatever a file has, the mock prints one line and exits with 2."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from mockserver import World, create_app, read_world
from mockserver.__main__ import main
from mockserver.canvas.yaml_document import MAX_BYTES, MAX_DEPTH
from tests.channel_requests import OWN_CHANNELS
from tests.conftest import ORIGIN

if TYPE_CHECKING:
    from pathlib import Path

NOT_INTEGER = "is not an integer of at most 18 decimal digits; put text in quotes"
NOT_TIME = "is not a time in UTC such as 2026-01-05T08:00:00Z"
TOO_DEEP = f"the file is nested deeper than {MAX_DEPTH} levels"
TOO_MANY = "the file has more than 500000 values"


def user(fields: str) -> str:
    return f"users:\n  - name: A\n    id: 1\n    {fields}\n"


def channel(fields: str) -> str:
    return user(f"channels: [{{id: 1, type: sms, address: a, {fields}}}]")


def bomb(template: str, last: str = "") -> str:
    """Return a document in which each of ten lines repeats the one before it ten times."""
    lines = ["a0: &a0 {k: v}"]
    for number in range(1, 10):
        repeated = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(f"a{number}: &a{number} {template.format(repeated)}")
    return "\n".join([*lines, last])


TEXTS = {
    "alias bomb": (bomb("[{}]"), f", line 7: {TOO_MANY}"),
    "merge bomb": (bomb("{{<<: [{}]}}"), TOO_MANY),
    "alias chain": (
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 900)),
        f", line 32: {TOO_DEEP}",
    ),
    "alias of its own list": ("users: &a [*a]", ", line 1: the alias *a repeats no value before it"),
    "alias of its own merge": (user("<<: &a {<<: *a}"), ", line 4: the alias *a repeats no value before it"),
    "unknown alias": ("users: [*a]", ", line 1: the alias *a repeats no value before it"),
    "merge of text": (user("<<: text"), ", line 4: << merges mappings only"),
    "merge of texts": (user("<<: [text]"), ", line 4: << merges mappings only"),
    "merge as value": (user("role: <<"), ", line 4: the tag !!merge is not accepted here"),
    "open brackets": ("[" * 200_000, f", line 1: {TOO_DEEP}"),
    "open braces": ("{a: " * 50_000, f", line 1: {TOO_DEEP}"),
    "dashes": ("- " * 50_000, f", line 1: {TOO_DEEP}"),
    "question marks": ("? " * 50_000, f", line 1: {TOO_DEEP}"),
    "indentation": ("\n".join(f"{' ' * n}a:" for n in range(900)), TOO_DEEP),
    "values": (f"users: [{'1,' * 600_000}]", f", line 1: {TOO_MANY}"),
    "size": ("#" * (MAX_BYTES + 1), ", line 1: the file has more than 16 MiB"),
    "5000 digits": (user(f"observes: [{'9' * 5000}]"), f"{'9' * 20}...{'9' * 20} {NOT_INTEGER}"),
    "19 digits": (channel("position: 9223372036854775808"), f", line 4: 9223372036854775808 {NOT_INTEGER}"),
    "whole float": ("users: [{id: 1.0, name: A}]", f", line 1: 1.0 {NOT_INTEGER}"),
    "exponent": (user("observes: [1.0e+400]"), NOT_INTEGER),
    "infinity": (user("observes: [.inf]"), f".inf {NOT_INTEGER}"),
    "not a number": (user("observes: [.nan]"), f".nan {NOT_INTEGER}"),
    "octal": (user("observes: [010]"), f"010 {NOT_INTEGER}"),
    "sexagesimal": (user("login_id: 190:20:30"), f", line 4: 190:20:30 {NOT_INTEGER}"),
    "phone number": (user("login_id: +15550100"), f"+15550100 {NOT_INTEGER}"),
    "boolean id": ("users: [{id: true, name: A}]", "users.0.id: True is not of type 'integer'"),
    "day": (channel("created_at: 2026-13-45T00:00:00Z"), f"'2026-13-45T00:00:00Z' {NOT_TIME}"),
    "leap day": ("created_at: 2026-02-29T00:00:00Z\nusers: [{id: 1, name: A}]", ", line 1: created_at: '2026-02-29"),
    "leap second": (channel("created_at: 2026-06-30T23:59:60Z"), NOT_TIME),
    "hour": (channel("created_at: 2026-06-30T24:00:00Z"), NOT_TIME),
    "year": (channel("created_at: 0000-01-01T00:00:00Z"), NOT_TIME),
    "no zone": (channel("created_at: 2026-06-30T23:59:00"), NOT_TIME),
    "offset": (channel("created_at: 2026-06-30T23:59:00+02:00"), NOT_TIME),
    "date": (channel("created_at: 2026-06-30"), NOT_TIME),
    "line break after a time": (channel(r'created_at: "2026-06-30T23:59:00Z\n"'), NOT_TIME),
    "other digits": (channel("created_at: ٢٠٢٦-01-05T08:00:00Z"), NOT_TIME),
    "expiry": (user("tokens: [{value: t, expires_at: 2026-99-01T00:00:00Z}]"), NOT_TIME),
    "bounce": (channel("bounces: {last_bounce_at: 2026-99-01T00:00:00Z}"), NOT_TIME),
    "duplicate key": ("users:\n  - id: 1\n    id: 2\n    name: A\n", ", line 3: the key id is there twice"),
    "integer as key": (user("1: x"), ", line 4: a key is not text"),
    "null as key": (user("~: x"), ", line 4: a key is not text"),
    "list as key": (user("[a]: x"), ", line 4: a key is not text"),
    "python object": (user("role: !!python/object/apply:os.system [id]"), "tag !!python/object/apply:os.system is not"),
    "binary": (user("role: !!binary aGk="), "the tag !!binary is not accepted here"),
    "timestamp": (user("role: !!timestamp 2026-13-45"), "the tag !!timestamp is not accepted here"),
    "set": (user("role: !!set {a}"), "the tag !!set is not accepted here"),
    "own tag": (user("role: !mine a"), "the tag !mine is not accepted here"),
    "tagged integer": (user("observes: [!!int abc]"), f"abc {NOT_INTEGER}"),
    "tagged boolean": (user("role: !!bool abc"), "abc is not true or false"),
    "tagged list": (user("role: !!seq abc"), "the tag !!seq is not accepted here"),
    "escaped NUL": (user(r'role: "a\0b"'), ", line 4: Canvas cannot store the character U+0000"),
    "escaped surrogate": (user(r'role: "\uD800"'), ", line 4: "),
    "two documents": ("users: [{id: 1, name: A}]\n---\nusers: []", ", line 2: but found another document"),
    "id above the limit": ("users: [{id: 1000000000001, name: A}]", "greater than the maximum of 1000000000000"),
    "position": (channel("position: 2147483648"), "greater than the maximum of 2147483647"),
    "bounce count": (channel("bounces: {bounce_count: 2147483648}"), "greater than the maximum of 2147483647"),
    "token with a space": (user("tokens: ['a b']"), ", line 4: users.0.tokens.0: "),
    "token not in ASCII": (user("tokens: [{value: é}]"), "a token has visible ASCII characters only"),
    "terminal controls": (
        user(r'role: ["\e[31m\r\nforged: \u202E"]'),
        r"['\x1b[31m\r\nforged: \u202e'] is not of type",
    ),
    "long value": (user(f"role: [{'a' * 100_000}]"), "is not of type 'string'"),
}


def assert_one_sentence(status: int, output: str, message: str) -> None:
    assert status == 2
    assert output.startswith("canvas-mock: ")
    assert message in output
    assert output.removesuffix("\n").isprintable()
    assert len(output) < 1000


@pytest.mark.parametrize(("text", "message"), TEXTS.values(), ids=TEXTS.keys())
def test_unusual_document_is_reported_in_one_line_with_exit_status_2(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "unusual.world.yaml"
    file.write_text(text, "utf-8")

    status = main(["--world", str(file)])

    assert_one_sentence(status, capsys.readouterr().err, message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"users: []\nname: \xe9", ", line 2: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        ("users: [{id: 1, name: A}]".encode("utf-16"), ", line 1: byte 0xff is not UTF-8"),
        ("users: [{id: 1, name: A}]".encode("utf-32-be"), "YAML does not allow the character U+0000"),
        (b"\x1f\x8b\x08\x00\x00\x00", "byte 0x8b is not UTF-8"),
        (b"users: []\n# \0", ", line 2: YAML does not allow the character U+0000"),
        (b"# \x1b[31m", "YAML does not allow the character U+001B"),
        (b"users: [{id: 1, name: \xed\xa0\x80}]", "byte 0xed is not UTF-8"),
        (b"users: [{id: 1, name: \xef\xbb\xbfA}]", "YAML does not allow the character U+FEFF"),
    ],
)
def test_bytes_that_are_not_text_are_reported_in_one_line(
    data: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "binary.world.yaml"
    file.write_bytes(data)

    status = main(["--world", str(file)])

    assert_one_sentence(status, capsys.readouterr().err, message)


@pytest.mark.parametrize("more", [[], ["--reload"]])
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (os.mkdir, "cannot be read: Is a directory"),
        (os.mkfifo, "cannot be read: Not a regular file"),
        (lambda path: path.symlink_to(path), "cannot be read: Too many levels of symbolic links"),
        (lambda path: path.symlink_to("/dev/zero"), "cannot be read: Not a regular file"),
    ],
    ids=["directory", "named pipe", "circle of links", "device"],
)
def test_path_that_is_not_a_file_is_reported_without_waiting(
    make: object, message: str, more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "world\n\x1b[31m.yaml"
    make(path)  # type: ignore[operator]  # each makes a path

    status = main(["--world", str(path), *more])

    assert_one_sentence(status, capsys.readouterr().err, message)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_file_without_permission_is_reported_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "secret.world.yaml"
    file.touch(mode=0)

    status = main(["--world", str(file)])

    assert_one_sentence(status, capsys.readouterr().err, "cannot be read: Permission denied")


@pytest.mark.parametrize("path", ["a\0b", "a" * 5000, ""], ids=["NUL", "long", "empty"])
def test_path_that_no_file_can_have_is_reported_in_one_line(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--world", path])

    output = capsys.readouterr().err
    assert status == 2
    assert "cannot be read: " in output
    assert output.removesuffix("\n").isprintable()


def test_aliases_merges_tags_and_a_byte_order_mark_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(
        "users:\n"
        "  - {id: 1, name: A, tokens: [t], channels: [&c {id: 1, type: sms, address: !!str 5550100}]}\n"
        "  - {id: 2, name: B, channels: [{<<: [{address: b}, *c], id: 2, created_at: 2028-02-29T00:00:00Z}]}\n",
        "utf-8-sig",
    )
    world = World(read_world(file))
    client = TestClient(create_app(world), base_url=f"{ORIGIN}/api/v1/", headers={"Authorization": "Bearer t"})

    listed = client.get(OWN_CHANNELS).json()

    assert listed[0]["address"] == "5550100"
    assert (world.channels[2].type, world.channels[2].address) == ("sms", "b")
    assert world.channels[2].created_at == "2028-02-29T00:00:00Z"
