"""Values of random requests: usual and unusual ids, pages, types, documents and headers.

Names in braces are the placeholders that `resolve` replaces; `{}` is an id.
A value that occurs several times is drawn more often.
"""

from __future__ import annotations

from typing import Any

from contract_tests.client.safety import addresses

USERS = (
    *("{user}", "0{user}", " {user}", "{user} ", "+{user}", "-{user}", "{user}.0", "{user}abc"),
    *("0", "-1", "abc", "SELF", "default", str(2**62), "99999999999999999999"),
    *("sis_user_id:canvas-contract", "sis_login_id:canvas-contract", "uuid:canvas-contract", "hex:sis_user_id:6162"),
)
AS_USERS = ("self", "{user}", "0{user}", "", "0", "-1", "abc", str(2**62), "sis_user_id:canvas-contract")
GLOBAL_USERS = ("{global user}", "{shard}~{user}")
PAGES = ("1", "2", "3", "02", " 2 ", "0x2", "0", "-1", "abc", "", "1abc", "2.5", "1e3", "1_0", "100000", "9" * 20)
SIZES = ("1", "2", "3", "10", "100", "1000", "0", "-5", "abc", "", "5abc", " 3", "2.5", "0x10")
OTHER_PARAMETERS = (("foo", "b"), ("\u00fc", "1"), ("z[k]", ""), ("user_id", "0"), ("format", "xml"), ("api_key", "x"))
_STRING_IDS = "application/json+canvas-string-ids"
MEDIA_TYPES = (_STRING_IDS, f"application/json, {_STRING_IDS}", "application/json", "*/*", "text/html", "foo")
ODD_TYPES = ("EMAIL", "Email", " email", "sms ", "personal_email", "twitter", "null", "phone", "")
BLANKS = ("", " ", "\t")
TRUTH_VALUES = ("1", "true", "yes", "on", "T", "2", "-1", " 1", "1.5", "0", "false", "abc", "", "0.5", "TRUE ", "y ")
UNKNOWN_DEVICE = f"{addresses.DEVICE}-unknown"
CHANNEL_IDS = ("{}", "{}", "{}", "0{}", "+{}", "-{}", " {}", "{}abc", "{}.0", "{}.json", "{}.xml")
UNKNOWN_IDS = ("0", "abc", "push", "PUSH", "email", str(2**62), str(2**63 - 1), str(2**63), "9" * 20)
IDS_WITHOUT_ROUTE = ("0", "push", "abc", "{channel 0}", str(2**62))
_ODD_DOCUMENTS: tuple[Any, ...] = (
    *({}, [], 5, "communication_channel", True, ["communication_channel"]),
    *({"communication_channel": value} for value in (None, "email", 5, True, [], ["email"], {}, {"foo": "b"})),
    {"skip_confirmation": True},
    {"address": addresses.FIRST.address, "type": "email"},
)
_TYPES: tuple[Any, ...] = (None, True, 1.5, 5, [], ["email"], {}, {"a": "b"})
_ADDRESSES: tuple[Any, ...] = (None, True, 5, 1.5, [], ["a", "b"], {"a": "b"})
_SKIPS: tuple[Any, ...] = (True, False, None, 1, 0, [], {}, ["1"])
_VALID_CHANNEL = {"type": "email", "address": addresses.FIRST.address}
DOCUMENTS: tuple[tuple[Any, ...], ...] = (
    _ODD_DOCUMENTS,
    tuple({"communication_channel": {"type": value, "address": ""}} for value in _TYPES),
    tuple({"communication_channel": {"type": "email", "address": value}} for value in _ADDRESSES),
    tuple({"communication_channel": _VALID_CHANNEL, "skip_confirmation": value} for value in _SKIPS),
)
"""JSON bodies of a create: of another form, with an odd type, with an odd address, and with skip_confirmation."""
AUTHORIZATIONS = (
    *("Bearer  {token}", "bearer {token}", "Bearer", "Bearer canvas-contract-unknown-token", "{token}"),
    "Bearer {token}x",
)
