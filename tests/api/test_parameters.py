"""Parameters in forms, multipart bodies, JSON and query strings, as Rails reads them (behaviour 5.1, 10.2)."""

from __future__ import annotations

import http.client
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.api.parameters import from_query
from mockserver.canvas.errors import BadParameters
from tests.channel_requests import FORM, OWN_CHANNELS, validation_failures

if TYPE_CHECKING:
    from starlette.testclient import TestClient

JSON = {"Content-Type": "application/json"}
ADDRESS = "plus+tag%25é@example.com"
ENCODED_ADDRESS = "plus%2Btag%2525%C3%A9@example.com"


class TestForm:
    @pytest.mark.parametrize(
        "body",
        [
            f"communication_channel[address]={ENCODED_ADDRESS}&communication_channel[type]=email",
            f"communication_channel%5Baddress%5D={ENCODED_ADDRESS}&communication_channel%5Btype%5D=email",
            f"communication_channel[type]=sms&communication_channel[type]=email&communication_channel[address]={ENCODED_ADDRESS}",
        ],
        ids=["raw brackets", "encoded brackets", "the last of repeated keys"],
    )
    def test_form_is_read_and_fulfils_the_contract(self, student: TestClient, body: str) -> None:
        response = student.post(OWN_CHANNELS, content=body, headers=FORM)

        assert (response.json()["address"], response.json()["type"]) == (ADDRESS, "email")
        assert "x-contract-violation" not in response.headers

    def test_body_without_a_content_type_is_a_form(self, student: TestClient) -> None:
        body = f"communication_channel[address]={ENCODED_ADDRESS}&communication_channel[type]=email"

        response = student.post(OWN_CHANNELS, content=body)

        assert response.json()["address"] == ADDRESS

    def test_unknown_parameters_are_accepted_and_reported_as_violations(self, student: TestClient) -> None:
        form = f"communication_channel[address]={ENCODED_ADDRESS}&communication_channel[type]=email"

        response = student.post(
            OWN_CHANNELS, content=f"{form}&build_pseudonym=1&x[]=1", headers=FORM, params={"y[z]": "1"}
        )

        assert response.status_code == 200
        assert response.headers["x-contract-violation"].split("; ") == [
            f"create_communication_channel: there is no parameter {name}" for name in ("build_pseudonym", "x[]", "y[z]")
        ]


PIECES = st.sampled_from(["a", "b", "é", ";", " ", "+", "&", "=", "%26", "%3D", "%2B", "%C3%A9", "%C3", "%FF", "%00"])


class TestQuery:
    @given(st.lists(PIECES, max_size=12).map("".join))
    def test_flat_query_is_read_as_by_the_standard_library(self, query: str) -> None:
        try:
            expected = dict(parse_qsl(query, keep_blank_values=True, errors="strict"))
        except UnicodeDecodeError:
            with pytest.raises(BadParameters, match="not UTF-8"):
                from_query(query.encode())
        else:
            assert from_query(query.encode()) == expected

    def test_parameters_in_the_query_are_read_and_reported_as_a_violation(self, student: TestClient) -> None:
        query = {"communication_channel[address]": ADDRESS, "communication_channel[type]": "email"}

        response = student.post(OWN_CHANNELS, params=query)

        violation = "communication_channel[address] is in the query, not in the body"
        assert response.json()["address"] == ADDRESS
        assert violation in response.headers["x-contract-violation"]

    def test_query_overrides_the_body_by_top_level_name(self, student: TestClient) -> None:
        response = student.post(
            OWN_CHANNELS,
            params={"communication_channel[address]": "q@example.com"},
            json={"communication_channel": {"type": "email", "address": "b@example.com"}},
        )

        assert validation_failures(response) == [("path_type", "can't be blank", "blank")]

    @pytest.mark.parametrize("query", ["x=100%", "x=%zz", "x%2=1"])
    def test_malformed_escape_is_400_with_the_reason(self, served: str, query: str) -> None:
        # http.client sends the query unchanged; other clients would correct the escape.
        with closing(http.client.HTTPConnection(served.removeprefix("http://"))) as connection:
            connection.request(
                "GET", f"/api/v1/{OWN_CHANNELS}?{query}", headers={"Authorization": "Bearer student-token"}
            )
            with connection.getresponse() as response:
                status, body = response.status, response.read()

        assert (status, b"a plain % is %25" in body) == (400, True)


class TestJson:
    @pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
    def test_json_is_read_and_reported_as_a_violation(self, student: TestClient, content_type: str) -> None:
        body = {"communication_channel": {"address": ADDRESS, "type": "email"}, "skip_confirmation": True}

        response = student.post(OWN_CHANNELS, json=body, headers={"Content-Type": content_type})

        assert (response.json()["address"], response.json()["workflow_state"]) == (ADDRESS, "unconfirmed")
        assert "the media type is application/json" in response.headers["x-contract-violation"]

    @pytest.mark.parametrize("body", ["[]", "1", '"text"', "null", " "])
    def test_json_that_is_not_an_object_has_no_channel(self, student: TestClient, body: str) -> None:
        response = student.post(OWN_CHANNELS, content=body.encode(), headers=JSON)

        assert response.status_code == 400

    @pytest.mark.parametrize(
        "body",
        [b"{", b"\xff", b"[" * 100_000, b'{"a": "\\ud800"}'],
        ids=["unfinished", "not UTF-8", "100,000 levels", "surrogate"],
    )
    def test_malformed_json_is_400_with_the_reason_where_canvas_crashes(self, student: TestClient, body: bytes) -> None:
        response = student.post(OWN_CHANNELS, content=body, headers=JSON)

        expected = {"errors": [{"message": "the body is not valid JSON"}]}
        assert (response.status_code, response.json()) == (400, expected)
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert "the body is not valid JSON" in response.headers["x-contract-violation"]

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ("[" * 900 + "]" * 900, "nested deeper"),
            ('{"a":' * 40 + "1" + "}" * 40, "nested deeper"),
            ("[" + "1," * 5000 + "1]", "more than 4096"),
            ("[" + "[]," * 5000 + "1]", "more than 4096"),
            ('{"a": [' + "{}," * 5000 + "{}]}", "more than 4096"),
            ("[" + '{"a":[]},' * 2500 + "1]", "more than 4096"),
            ('{"' + "=" * 2000 + '":1}', "longer than 1024"),
            ('[{"' + "]" * 2000 + '":[]}]', "longer than 1024"),
        ],
        ids=[
            "nested lists",
            "nested objects",
            "parameters",
            "empty lists",
            "empty objects",
            "objects of empty lists",
            "name",
            "name in a list",
        ],
    )
    def test_json_over_a_limit_is_400_with_the_reason(self, student: TestClient, body: str, message: str) -> None:
        response = student.post(OWN_CHANNELS, content=body.encode(), headers=JSON)

        assert response.status_code == 400
        assert message in response.json()["errors"][0]["message"]


class TestMultipart:
    def test_multipart_body_is_read_and_reported_as_a_violation(self, student: TestClient) -> None:
        fields = {"communication_channel[address]": (None, ADDRESS), "communication_channel[type]": (None, "email")}

        response = student.post(OWN_CHANNELS, files=fields)

        assert response.json()["address"] == ADDRESS
        assert "the media type is multipart/form-data" in response.headers["x-contract-violation"]

    @pytest.mark.parametrize("name", ["communication_channel[address]", "another"])
    def test_file_is_400_with_its_name(self, student: TestClient, name: str) -> None:
        response = student.post(OWN_CHANNELS, files={name: ("a.txt", b"a@b.c")})

        assert response.status_code == 400
        assert f"{name} is a file" in response.json()["errors"][0]["message"]

    @pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "punycode", "idna", "undefined", "nonsense"])
    def test_charset_parameter_is_ignored(self, student: TestClient, charset: str) -> None:
        fields = {"communication_channel[address]": "\\ud800", "communication_channel[type]": "sms"}
        parts = "".join(f'--X\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
        headers = {"Content-Type": f"multipart/form-data; boundary=X; charset={charset}"}

        created = student.post(OWN_CHANNELS, content=f"{parts}--X--\r\n".encode(), headers=headers)
        listed = student.get(OWN_CHANNELS)

        assert (created.status_code, created.json()["address"]) == (200, "\\ud800")
        assert listed.status_code == 200

    @pytest.mark.parametrize(("fields", "message"), [(1000, "communication_channel is"), (1001, "cannot be parsed")])
    def test_multipart_body_with_over_1000_fields_is_rejected(
        self, student: TestClient, fields: int, message: str
    ) -> None:
        response = student.post(OWN_CHANNELS, files=[(f"f{number}", (None, "x")) for number in range(fields)])

        assert response.status_code == 400  # of 1000 fields because none of them is the channel
        assert message in response.json()["errors"][0]["message"]


class TestMediaTypes:
    @pytest.mark.parametrize("content_type", ["text/plain", "text/xml", "application/vnd.api+json", "text/json"])
    def test_other_media_types_are_not_read(self, student: TestClient, content_type: str) -> None:
        body = b'{"communication_channel": {"address": "a@b.c", "type": "email"}}'

        response = student.post(OWN_CHANNELS, content=body, headers={"Content-Type": content_type})

        assert response.json() == {"errors": [{"message": "communication_channel is missing"}]}

    @pytest.mark.parametrize("content_type", ["foo", "/", "a/b/c"])
    def test_malformed_media_type_is_406_with_an_html_page(self, student: TestClient, content_type: str) -> None:
        response = student.post(OWN_CHANNELS, content=b"x=1", headers={"Content-Type": content_type})

        assert (response.status_code, response.headers["content-type"]) == (406, "text/html; charset=utf-8")

    @pytest.mark.parametrize(
        ("content_type", "body", "message"),
        [
            (FORM["Content-Type"], b"a=%FF", "not UTF-8"),
            (FORM["Content-Type"], b"a=\xff", "not UTF-8"),
            (
                FORM["Content-Type"],
                b"communication_channel[type]=sms&communication_channel[address]=100%@x",
                "a plain % is %25",
            ),
            (FORM["Content-Type"], b"a=%zz", "a plain % is %25"),
            (FORM["Content-Type"], b"a%=1", "a plain % is %25"),
            (FORM["Content-Type"], b"a=1&a[b]=2", "two forms that contradict"),
            (FORM["Content-Type"], b"a[]=1&a[b]=2", "two forms that contradict"),
            (FORM["Content-Type"], b"a" + b"[b]" * 40 + b"=1", "nested deeper"),
            (FORM["Content-Type"], b"&".join(b"a=1" for _ in range(5000)), "more than 4096"),
            ("multipart/form-data", b"x", "has no boundary"),
            ("multipart/form-data; boundary=b", b"--c\r\n\r\n", "cannot be parsed"),
        ],
        ids=[
            "encoded byte that is not UTF-8",
            "byte that is not UTF-8",
            "percent sign in an address",
            "percent sign in a value",
            "percent sign in a name",
            "text and object",
            "list and object",
            "40 levels",
            "5000 parameters",
            "no boundary",
            "other boundary",
        ],
    )
    def test_body_on_which_rails_crashes_is_400_with_the_reason(
        self, student: TestClient, content_type: str, body: bytes, message: str
    ) -> None:
        response = student.post(OWN_CHANNELS, content=body, headers={"Content-Type": content_type})

        assert response.status_code == 400
        assert message in response.json()["errors"][0]["message"]


class TestNameLength:
    NAMES = ("x" * 1025, "]" * 1025, "[" * 1025, "a[" + "b" * 1023, "[a]" * 342, "a" + "[" * 1024)

    @pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:3])
    @pytest.mark.parametrize("form", ["query", "form", "multipart", "file", "JSON"])
    def test_name_over_1024_characters_is_400_in_every_form(self, student: TestClient, name: str, form: str) -> None:
        sent: dict[str, dict[str, object]] = {
            "query": {"params": {name: "1"}},
            "form": {"data": {name: "1"}},
            "multipart": {"files": {name: (None, "1")}},
            "file": {"files": {name: ("a.txt", b"1")}},
            "JSON": {"json": {name: 1}},
        }

        response = student.post(OWN_CHANNELS, **sent[form])  # type: ignore[arg-type]  # any argument of the client

        message = "the name of a parameter is longer than 1024 characters"
        assert (response.status_code, response.json()) == (400, {"errors": [{"message": message}]})

    # The list `a` and its items are 4096 parameters.
    @pytest.mark.parametrize("body", [{"x" * 1024: 1}, [1] * 4096, {"a": [[]] * 4095}], ids=["name", "list", "lists"])
    def test_parameters_at_the_limit_are_accepted(self, student: TestClient, body: object) -> None:
        response = student.post(OWN_CHANNELS, json=body)

        assert response.json() == {"errors": [{"message": "communication_channel is missing"}]}
