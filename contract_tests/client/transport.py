"""Transport: sends the requests that the safety guard allows, within the run's limits, and records every response."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from contract_tests.client.connection import throttling
from contract_tests.client.connection.deadline import EXCHANGE_SECONDS
from contract_tests.client.connection.gateway import gateway_sentence, redirect_sentence
from contract_tests.client.connection.target import TargetConnection
from contract_tests.client.exchange import Exchange, Step
from contract_tests.client.headers import readable, received_headers, with_plain_headers
from contract_tests.client.observation import Observation
from contract_tests.client.rejection import account_sentence, is_token_rejected
from contract_tests.client.request import READ_METHODS, Request
from contract_tests.client.run.lock import AccountLocks
from contract_tests.client.run.pacing import Clock, Pacing
from contract_tests.client.safety import addresses
from contract_tests.client.safety.creations import CreationRecorder
from contract_tests.client.safety.guard import SafetyGuard
from contract_tests.client.safety.leaks import LeakDetector, LeakError
from contract_tests.client.safety.redaction import Redactor
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import httpx2

    from contract_tests.client.observation import ObservedViolation
    from contract_tests.client.safety.journal import Journal
    from contract_tests.client.settings import Settings

_INVALID_TOKENS = frozenset({"", "CANVAS_EXPIRED_TOKEN", "CANVAS_REVOKED_TOKEN"})
"""The variables whose tokens the target must reject; an empty name is any other token."""

_MAX_RECORDED_BODY, _MAX_STEP_BODY = 16_384, 600
"""The numbers of characters of a body that the records, and the steps of a test, show."""


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
        exchange_seconds: float = EXCHANGE_SECONDS,
        locks: AccountLocks | None = None,
    ) -> None:
        self.settings = settings
        self.journal = journal
        self.locks = locks or AccountLocks(None)
        """The locks of the test accounts, which the preflight check acquires."""
        self.guard = SafetyGuard(journal, settings.tokens, is_read_only=settings.is_read_only)
        self.redactor = Redactor(settings.tokens, journal.created, (settings.url, str(journal.path)))
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
        self.on_clean_up: Callable[[], None] = lambda: None
        """Called when the clean-up starts."""
        self.leaks: dict[str, LeakError | None] = {}
        """The leaks outside tests by their messages; None if a test has reported the leak."""
        self._creations: dict[int, Step] = {}  # by channel id
        self._creations_before: list[Step] = []  # those in `steps`
        self._leaks = LeakDetector(settings.tokens)
        self._leak: str | None = None  # that of the last response
        self._clock = clock or Clock()
        self._known_defect = known_defect
        self._pacing = Pacing(settings, self._clock)
        self._connection = TargetConnection(settings, self._clock, http_transport, exchange_seconds)
        endpoint = self._connection.endpoint
        self.redactor.add_own_text(f"{endpoint.host} {endpoint.peer}")

    @property
    def is_cleaning_up(self) -> bool:
        """Whether the run is cleaning up, which has a limit of its own in place of those of the run."""
        return self._pacing.is_cleaning_up

    @is_cleaning_up.setter
    def is_cleaning_up(self, value: bool) -> None:
        if value and not self._pacing.is_cleaning_up:
            self._pacing.start_clean_up()
            self.on_clean_up()

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
        self._creations_before = [step for number, step in self._creations.items() if number in self.journal.live]
        self.steps = [*self._creations_before]

    def steps_of_test(self) -> Sequence[Step]:
        """Return the steps, or none if the current test has sent no request and set no steps."""
        return () if self.steps == self._creations_before else self.steps

    def send(self, request: Request) -> httpx2.Response:
        """Send a request and return the redacted response. Raises UnsafeRequestError, Inconclusive, LeakError."""
        self.guard.check(request)
        self._check_row_limit(request)
        response = self._send_until_accepted(request)
        self._check_token(request, response)
        self._check_account(request, response)
        return response

    def note_violation(self, message: str) -> None:
        """Remember the violation by the last response; if it is that of a delete, with the create of the channel."""
        step = self.steps[-1]
        number = next((int(each) for each in step.request.tail if each.isascii() and each.isdigit()), 0)
        creation = self._creations.get(number) if step.request.method == "DELETE" else None
        steps = [step] if creation is None else [creation, step]
        self.observation.note(step.request.operation_id, message, steps)

    def close(self) -> None:
        """Close the connections, and let other runs use the accounts."""
        self._connection.close()
        self.locks.release()

    def _send_until_accepted(self, request: Request) -> httpx2.Response:
        """Send the request, repeat it after a wait as long as it is throttled, and return the first other response.

        Raises Inconclusive if the target throttles for too long, or if a gateway before it blocks the request.
        """
        waited = 0.0
        for wait in (*throttling.WAITS, None):
            response = self._send_once(request)
            if self._leak is not None:
                raise LeakError(self._leak, response)
            if not throttling.is_throttled(response):
                break
            retry_after_seconds = throttling.retry_after(response, self._clock.date())
            pause = max(wait or 0.0, min(retry_after_seconds or 0.0, throttling.MAX_WAIT))
            is_too_long = (retry_after_seconds or 0.0) > throttling.MAX_WAIT and not self.is_cleaning_up
            if wait is None or is_too_long or waited + pause > throttling.MAX_TOTAL:
                raise Inconclusive(throttling.throttled_sentence(response, retry_after_seconds))
            self._clock.wait(pause)
            waited += pause
        if not self.is_cleaning_up and (sentence := gateway_sentence(request.method, response)):
            raise Inconclusive(sentence)
        return response

    def _check_account(self, request: Request, response: httpx2.Response) -> None:
        """Raise Inconclusive if the account has no free row for a new channel, or bans its domain."""
        has_unknown_type = self.settings.limits.addresses == addresses.ACCEPTED  # not in the profile smoke
        required = len(addresses.ACCEPTED) + int(has_unknown_type) + 1  # a free row, for invalid requests
        sentence = account_sentence(request, response, required, self._created_rows(request.owner))
        if sentence is not None and not self.is_cleaning_up:
            raise Inconclusive(sentence)

    def _created_rows(self, user: int) -> int:
        """Return the number of rows that the suite has created for the user."""
        return sum(owner == user for owner in self.journal.created.values())

    def _check_token(self, request: Request, response: httpx2.Response) -> None:
        """Raise Inconclusive if the target rejects a token that it accepted before.

        A faulty target may reject one request with a valid token, so the token is tried once more.
        """
        name = self._token_name(request)
        if not is_token_rejected(response):
            if response.status_code < 500 and name not in _INVALID_TOKENS:
                self.accepted_tokens.add(name)
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
        sent: object = request.token
        if sent is None and all(name.lower() != "authorization" for name, _ in request.headers):
            sent = next((value for name, value in request.parameters() if name == "access_token"), None)
        return next((name for name, token in self.settings.tokens.items() if token == sent), "")

    def _send_once(self, request: Request, *, is_step: bool = True) -> httpx2.Response:
        """Send the request within the limits of the run, record it, and return the redacted response."""
        is_shrinking = self.observation.count_request()
        if self.is_cleaning_up or not is_shrinking:  # the requests for shrinking have a budget of their own
            self._pacing.check_limits(self.sent - self.observation.shrinking_requests)
        self._pacing.wait_for_turn()
        self.sent += 1
        self.complete_lists = {}
        self.writes += request.method not in READ_METHODS
        http_request = self._connection.build_request(request)
        self.redactor.record_request(request)
        started, start = self._clock.date(), self._clock.now()
        raw = self._connection.send(http_request)
        elapsed = timedelta(seconds=self._clock.now() - start)
        created_id = self.creations.record(request, raw)
        self._leak = self._leaks.find(request, raw)
        response = with_plain_headers(self.redactor.redact(raw))
        response.elapsed = elapsed
        body = self.redactor.redact_body(response)
        if is_step:
            self._record_step(request, response, body, created_id)
        self.exchanges.append(self._exchange(request, response, body, started))
        self._check_redirect(response)
        self._pacing.slow_down(response)
        return response

    def _check_row_limit(self, request: Request) -> None:
        """Fail before a creation if the target, unlike Canvas, does not restore the rows of deleted channels.

        Without this check the suite would fill the account of such a target.
        """
        rows = self._created_rows(request.owner)
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
        if sentence := redirect_sentence(self.settings.url, urljoin(str(response.request.url), location)):
            raise Inconclusive(sentence)

    def _record_step(self, request: Request, response: httpx2.Response, body: str, created_id: int | None) -> None:
        defect = self._known_defect(request, response)
        reason = self.redactor.redact_text(response.reason_phrase)
        step = Step(request, created_id, f"{response.status_code} {reason} {body[:_MAX_STEP_BODY]}".strip(), defect)
        self.steps.append(step)
        if created_id is not None:
            self._creations[created_id] = step
        if defect is not None:
            self.defects[defect] = self.defects.get(defect, 0) + 1

    def _exchange(self, request: Request, response: httpx2.Response, body: str, started: datetime) -> Exchange:
        redact_sent, own_token = self.redactor.redact_sent, request.token or "\0"  # which no header contains
        return Exchange(
            number=self.sent,
            test=self.test,
            operation=request.operation,
            actor=request.token_name,
            method=request.method,
            url=redact_sent(f"{self.settings.url}{request.target}"),
            request_headers=tuple(
                (name, redact_sent(readable(value).replace(own_token, f"${request.token_name}")))
                for name, value in request.request_headers().items()
            ),
            request_body=redact_sent(request.body_text()),
            status=response.status_code,
            response_headers=self.redactor.redact_headers(received_headers(response)),
            body=body[:_MAX_RECORDED_BODY],
            started=started,
            seconds=response.elapsed.total_seconds(),
        )
