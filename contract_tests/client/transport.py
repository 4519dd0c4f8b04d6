"""Transport: sends the requests that the safety guard allows, within the run's limits, and records every response."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import httpx2

from contract_tests.client.connection.errors import Endpoint, connection_sentence, is_permanent, response_sentence
from contract_tests.client.connection.http_client import open_client
from contract_tests.client.exchange import Exchange, Step
from contract_tests.client.observation import Observation
from contract_tests.client.pacing import Clock, Pacing
from contract_tests.client.rejection import is_token_rejected
from contract_tests.client.request import Request
from contract_tests.client.safety import addresses
from contract_tests.client.safety.creations import CreationRecorder
from contract_tests.client.safety.guard import SafetyGuard
from contract_tests.client.safety.leaks import LeakDetector, LeakError
from contract_tests.client.safety.redaction import Redactor, with_body
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contract_tests.client.observation import ObservedViolation
    from contract_tests.client.safety.journal import Journal
    from contract_tests.client.settings import Settings

_RATE_LIMIT_MESSAGE = "Rate Limit Exceeded"
_RATE_LIMIT_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before each repetition of a rate-limited request; Canvas restores ten units of the limit a second."""

_REPEATABLE_METHODS = frozenset({"GET", "HEAD"})
_GATEWAY_STATUSES = frozenset({502, 503, 504})
_INVALID_TOKENS = frozenset({"", "CANVAS_EXPIRED_TOKEN", "CANVAS_REVOKED_TOKEN"})
"""The variables whose tokens the target must reject; an empty name is any other token."""

_MAX_RESPONSE_BYTES = 4 * 1024 * 1024
_MAX_RESPONSE_SECONDS = 60.0
_MAX_RECORDED_BODY = 16_384
_SECRET_HEADERS = frozenset({"set-cookie", "x-session-id"})
_REDACTED_HEADER = "(redacted)"


class Transport:
    """The only way to send requests; every response is redacted before it is returned or recorded.

    `known_defect` returns the name of the known defect of Canvas that explains a response.
    """

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        clock: Clock | None = None,
        http_transport: httpx2.BaseTransport | None = None,
        *,
        known_defect: Callable[[Request, httpx2.Response], str | None] = lambda _request, _response: None,
    ) -> None:
        self.settings = settings
        self.journal = journal
        self.guard = SafetyGuard(journal, is_read_only=settings.is_read_only)
        self.redactor = Redactor(settings.tokens, journal.created)
        self.exchanges: list[Exchange] = []
        self.defects: dict[str, int] = {}
        """The number of responses that each known defect explains, by its name."""
        self.steps: list[Step] = []
        """The requests since `reset_steps`, preceded by those that created the channels that existed then."""
        self.creations = CreationRecorder(journal, self.guard.preexisting_channels)
        self.accepted_tokens: set[str] = set()
        """The variables of the tokens that the target has accepted in this run."""
        self.observation = Observation()
        self.complete_lists: dict[tuple[str | None, str, str], list[dict[str, Any]]] = {}
        """The complete lists that were read since the last other request, by token, user and masquerade.

        Any other request, a GET included, may change an account, so it removes them.
        """
        self.test = ""
        """The name of the current test."""
        self.sent = 0
        """The number of requests so far."""
        self.writes = 0
        """The number of these requests that are not GET or HEAD."""
        self.is_cleaning_up = False
        """Whether the run is cleaning up, which no limit of the run may prevent."""
        self._creations: dict[int, Step] = {}
        self._leaks = LeakDetector(settings.tokens)
        self._leak: str | None = None
        self.leaks: dict[str, LeakError | None] = {}
        """The leaks outside tests by their messages; None if a test has reported the leak."""
        self._clock = clock or Clock()
        self._known_defect = known_defect
        self._pacing = Pacing(settings, self._clock)
        self._client, proxy = open_client(settings, http_transport)
        self._endpoint = Endpoint(settings.url, proxy)

    @property
    def observed(self) -> ObservedViolation | None:
        """The violation that the current test has observed, even if the test was interrupted later."""
        return self.observation.violation

    @contextmanager
    def observing(self) -> Iterator[None]:
        """Record the violation that ends this context, with the steps that led to it."""
        try:
            yield
        except BaseException as error:
            self.observation.record(error, self.steps)
            raise

    def start_test(self, name: str) -> None:
        """Start the steps of the test with this name."""
        self.test = name
        self.observation.start_test()
        self.reset_steps()

    def reset_steps(self) -> None:
        """Forget the steps so far, except those that created channels that still exist."""
        self.steps = [step for number, step in self._creations.items() if number in self.journal.live]

    def send(self, request: Request) -> httpx2.Response:
        """Send a request and return the redacted response. Raises UnsafeRequestError, Inconclusive, LeakError."""
        self.guard.check(request)
        self._check_row_limit(request)
        for wait in (*_RATE_LIMIT_WAITS, None):
            response = self._send_once(request)
            if self._leak is not None:
                raise LeakError(self._leak, response)
            self._check_token(request, response)
            if response.status_code not in {403, 429} or _RATE_LIMIT_MESSAGE not in response.text:
                return response
            if wait is not None:
                self._clock.wait(wait)
        raise Inconclusive(
            "The target keeps returning Rate Limit Exceeded; run again in a few minutes, or set a lower RATE."
        )

    def is_recent(self, text: object) -> bool:
        """Return whether the text is a time of the last hour, such as `created_at` of a row that this run created."""
        try:
            created_at = datetime.fromisoformat(str(text))
        except ValueError:
            return False
        return created_at.tzinfo is not None and abs(self._clock.date() - created_at) < timedelta(hours=1)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _check_token(self, request: Request, response: httpx2.Response) -> None:
        """Raise Inconclusive if the target rejects a token that it accepted before.

        A faulty target may reject one request with a valid token, so the token is tried once more.
        """
        name = self._token_name(request)
        if not is_token_rejected(response):
            self.accepted_tokens |= {name} - _INVALID_TOKENS if response.status_code < 500 else set()
            return
        if name not in self.accepted_tokens:
            return
        attempt = Request("GET", "self", token=self.settings.tokens[name], token_name=name)
        if is_token_rejected(self._send_once(attempt, is_step=False)):
            raise Inconclusive(
                f"The target no longer accepts {name}, which it accepted before in this run; OAuth tokens are valid "
                "for one hour: run again with a new token, or with one that the user generates in Canvas's settings."
            )

    def _token_name(self, request: Request) -> str:
        """Return the variable of the token that authenticates the request, or an empty text for another token."""
        value: object = request.token
        if value is None and all(name.lower() != "authorization" for name, _ in request.headers):
            value = next((value for name, value in request.parameters() if name == "access_token"), None)
        return next((name for name, token in self.settings.tokens.items() if token == value), "")

    def _send_once(self, request: Request, *, is_step: bool = True) -> httpx2.Response:
        is_shrinking = self.observation.count_request()
        if not (is_shrinking or self.is_cleaning_up):
            self._pacing.check_limits(self.sent - self.observation.shrinking_requests)
        self._pacing.wait_for_turn()
        self.sent += 1
        self.complete_lists = {}
        self.writes += request.method not in _REPEATABLE_METHODS
        http_request = self._client.build_request(
            request.method, request.target, headers=request.request_headers(), **request.content()
        )
        started, start = self._clock.date(), self._clock.now()
        raw = self._send_with_retries(http_request, attempts=4 if request.method in _REPEATABLE_METHODS else 1)
        elapsed = timedelta(seconds=self._clock.now() - start)
        created_id = self.creations.record(request, raw, is_own_token=request.token_name in self.settings.tokens)
        self._leak = self._leaks.find(request, raw)
        response = self.redactor.redact(raw)
        response.elapsed = elapsed
        if is_step:
            self._record_step(request, response, created_id)
        self.exchanges.append(self._exchange(request, response, started))
        self._check_redirect(response)
        self._pacing.slow_down(response)
        return response

    def _check_row_limit(self, request: Request) -> None:
        """Fail before a creation if the target, unlike Canvas, does not restore the rows of deleted channels.

        Without this check the suite would fill the account of such a target.
        """
        rows = sum(owner == request.owner for owner in self.journal.created.values())
        maximum = len(addresses.POSSIBLE_KEYS)
        assert request.method != "POST" or rows < maximum, (
            f"The suite created {rows} rows for user {request.owner} with {maximum} addresses: "
            "the target does not restore the row of a deleted channel that is created again"
        )

    def _check_redirect(self, response: httpx2.Response) -> None:
        """End the run if the target redirects to another origin; other redirects are returned as responses."""
        location = response.headers.get("location")
        if not 300 <= response.status_code < 400 or location is None:
            return
        to = urlsplit(urljoin(str(response.request.url), location))
        if f"{to.scheme}://{to.netloc}".lower() != self.settings.url:
            raise Inconclusive("The target redirects to another origin; set CANVAS_URL to the origin of the Canvas.")

    def _send_with_retries(self, http_request: httpx2.Request, attempts: int) -> httpx2.Response:
        """Send the request again after a lost connection or a gateway error, up to the number of attempts."""
        for remaining in reversed(range(attempts)):
            try:
                response = self._read(self._client.send(http_request, stream=True))
            except (httpx2.TransportError, httpx2.DecodingError, UnicodeError) as error:
                if remaining == 0 or is_permanent(error):
                    raise Inconclusive(connection_sentence(error, self._endpoint)) from None
                continue
            if sentence := response_sentence(response.status_code, response.text, self._endpoint):
                raise Inconclusive(sentence)
            if response.status_code not in _GATEWAY_STATUSES:
                return response
            if remaining == 0:
                raise Inconclusive(
                    f"The target's gateway returns {response.status_code}, and the response of the Canvas behind it is "
                    "unknown; run again when the Canvas is available."
                )
            self._clock.wait(0.5)
        raise AssertionError("a request has at least one attempt")

    def _read(self, response: httpx2.Response) -> httpx2.Response:
        """Return the response with its whole body. Raises Inconclusive if it is too large or too slow."""
        deadline = self._clock.now() + _MAX_RESPONSE_SECONDS
        body = bytearray()
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MAX_RESPONSE_BYTES:
                    raise Inconclusive(
                        "The target's response is larger than 4 MiB; check that CANVAS_URL is the origin of a Canvas."
                    )
                if self._clock.now() > deadline:
                    raise Inconclusive(
                        "The target's response takes more than a minute; check whether it is overloaded, and run again."
                    )
        finally:
            response.close()
        return with_body(response, bytes(body))

    def _record_step(self, request: Request, response: httpx2.Response, created_id: int | None) -> None:
        defect = self._known_defect(request, response)
        summary = f"{response.status_code} {response.reason_phrase} {_printable_body(response)[:600]}".strip()
        step = Step(request, created_id, summary, defect)
        self.steps.append(step)
        if created_id is not None:
            self._creations[created_id] = step
        if defect is not None:
            self.defects[defect] = self.defects.get(defect, 0) + 1

    def _exchange(self, request: Request, response: httpx2.Response, started: datetime) -> Exchange:
        return Exchange(
            number=self.sent,
            test=self.test,
            operation=request.operation,
            actor=request.token_name,
            method=request.method,
            url=self.redactor.redact_text(f"{self.settings.url}{request.target}"),
            request_headers=tuple(
                (name, self.redactor.redact_text(value.replace(request.token or "\0", f"${request.token_name}")))
                for name, value in request.request_headers().items()
            ),
            request_body=self.redactor.redact_text(request.body_text()),
            status=response.status_code,
            response_headers=tuple(
                (name, _REDACTED_HEADER if name.lower() in _SECRET_HEADERS else self.redactor.redact_text(value))
                for name, value in _headers(response)
            ),
            body=_printable_body(response)[:_MAX_RECORDED_BODY],
            started=started,
            seconds=response.elapsed.total_seconds(),
        )


def _headers(response: httpx2.Response) -> list[tuple[str, str]]:
    """Return the headers with their names as received: their letter case dates a Canvas."""
    encoding = response.headers.encoding
    return [(name.decode(encoding), value.decode(encoding)) for name, value in response.headers.raw]


def _printable_body(response: httpx2.Response) -> str:
    """Return the body for reports; of HTML only its size, because a page may contain personal data."""
    media_type = response.headers.get("content-type", "").lower()
    return f"({len(response.content)} bytes of HTML)" if "html" in media_type else response.text
