"""Sends what the fence lets pass: slowly enough, to one origin, within limits, and on record."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import httpx2

from contract_tests import pool
from contract_tests.defects import known_defect
from contract_tests.fence import Fence
from contract_tests.mask import Mask, rewritten
from contract_tests.record import Exchange
from contract_tests.script import Step
from contract_tests.settings import NotJudged

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract_tests.call import Call
    from contract_tests.caller import Caller
    from contract_tests.journal import Journal
    from contract_tests.settings import Settings

_RATE_LIMIT = "Rate Limit Exceeded"
_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before each new try of a call that Canvas throttled; its budget refills by ten units a second."""

_LOW_BUDGET = 100.0
"""Units of the rate limit below which the suite slows down by itself; Canvas gives 600."""

_SAFE = frozenset({"GET", "HEAD"})
_PASSING = frozenset({502, 503, 504})
_LARGEST_ANSWER = 4 * 1024 * 1024
_LONGEST_ANSWER = 60.0
_MOST_BODY = 16_384
_SECRET = frozenset({"set-cookie", "x-session-id"})
_HIDDEN = "(masked)"


@dataclass
class Clock:
    """How the time goes; a test passes one of its own."""

    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
    date: Callable[[], datetime] = lambda: datetime.now(UTC)


class Wire:
    """The one way out. Every answer comes back masked; nothing behind it has seen a stranger's address."""

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        clock: Clock | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.settings = settings
        self.journal = journal
        self.fence = Fence(journal)
        self.mask = Mask(settings.tokens, journal.made)
        self.exchanges: list[Exchange] = []
        self.defects: dict[str, int] = {}
        self.steps: list[Step] = []
        """What was sent since `begin`, after what made the channels that were there then."""
        self.pushers: dict[int, str] = {}
        """By user, the variable of a token that has registered a device for them in this run."""
        self.accounts: list[Caller] = []
        """Who can see, and tidy, each account that the run has opened."""
        self.strays: Caller | None = None
        """Who may remove what a faulty target made for somebody else."""
        self.test = ""
        self.sent = 0
        self.is_closing = False
        """Cleaning up has no limits: nothing may be left because a budget was spent."""
        self._births: dict[int, Step] = {}
        self._clock = clock or Clock()
        self._start = self._next = self._clock.now()
        self._slowed = 0.0
        self._client = httpx2.Client(
            base_url=settings.url,
            timeout=30.0,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # a session would be one for all tokens
        )

    def begin(self) -> None:
        """Start the script anew: an example is told from its own beginning."""
        self.steps = [step for number, step in self._births.items() if number in self.journal.live]

    def send(self, call: Call) -> httpx2.Response:
        """The masked answer to a call inside the fence. Raises RefusedError, NotJudged."""
        self.fence.check(call)
        self._stay_small(call)
        for wait in (*_WAITS, None):
            answer = self._once(call)
            if answer.status_code not in {403, 429} or _RATE_LIMIT not in answer.text:
                return answer
            if wait is not None:
                self._clock.wait(wait)
        raise NotJudged("The target keeps answering Rate Limit Exceeded; run again later or lower RATE.")

    def is_recent(self, time: object) -> bool:
        """Whether this text is a time of the last hour, as a row has that was not there before."""
        try:
            born = datetime.fromisoformat(str(time))
        except ValueError:
            return False
        return born.tzinfo is not None and abs(self._clock.date() - born) < timedelta(hours=1)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _once(self, call: Call) -> httpx2.Response:
        self._stop_at_limits()
        self._pace()
        self.sent += 1
        request = self._client.build_request(call.method, call.target, headers=call.request_headers(), **call.content())
        started, begun = self._clock.date(), self._clock.now()
        raw = self._deliver(request, tries=4 if call.method in _SAFE else 1)
        elapsed = timedelta(seconds=self._clock.now() - begun)
        made = self._remember(call, raw)
        answer = self.mask.answer(raw)
        answer.elapsed = elapsed
        self._record(call, answer, made, started)
        self._stay_here(answer)
        self._slow_down(answer)
        return answer

    def _stay_small(self, call: Call) -> None:
        """Make no more channels for a user where the target does not bring deleted ones back, as Canvas does."""
        rows = sum(owner == call.owner for owner in self.journal.made.values())
        assert call.method != "POST" or rows < len(pool.KEYS), (
            f"user {call.owner} has {rows} channels of the suite's, of {len(pool.KEYS)} addresses: "
            "a deleted channel does not come back as the same row"
        )

    def _stay_here(self, answer: httpx2.Response) -> None:
        """End the run where the target sends us to another origin; a redirect within it is an answer like any other."""
        location = answer.headers.get("location")
        if not 300 <= answer.status_code < 400 or location is None:
            return
        to = urlsplit(urljoin(str(answer.request.url), location))
        if f"{to.scheme}://{to.netloc}".lower() != self.settings.url:
            raise NotJudged("The target redirects elsewhere; set CANVAS_URL to the address that answers itself.")

    def _stop_at_limits(self) -> None:
        limits = self.settings.limits
        if self.is_closing:
            return
        if self.sent >= limits.budget:
            raise NotJudged(f"The budget of {limits.budget} requests is spent; choose a larger PROFILE.")
        if self._clock.now() - self._start > limits.minutes * 60:
            raise NotJudged(f"The run's {limits.minutes} minutes are over; choose a smaller PROFILE, or a larger RATE.")

    def _pace(self) -> None:
        now = self._clock.now()
        if self.settings.rate and now < self._next:
            self._clock.wait(self._next - now)
        if self.settings.rate:
            self._next = max(now, self._next) + 1 / self.settings.rate

    def _deliver(self, request: httpx2.Request, tries: int) -> httpx2.Response:
        """Send; what is safe to repeat is repeated after a lost connection or a gateway's failure."""
        for left in reversed(range(tries)):
            try:
                answer = self._read(self._client.send(request, stream=True))
            except (httpx2.TransportError, httpx2.DecodingError) as error:
                if left == 0:
                    raise NotJudged(
                        f"The target does not answer ({type(error).__name__}); see that CANVAS_URL is right."
                    ) from None
                continue
            if answer.status_code not in _PASSING:
                return answer
            if left == 0:
                raise NotJudged(
                    f"The target's gateway answers {answer.status_code}, so what it stands before is unknown; "
                    "run again once it is up."
                )
            self._clock.wait(0.5)
        raise AssertionError("a request has at least one try")

    def _read(self, answer: httpx2.Response) -> httpx2.Response:
        """The whole answer, unless it is too large or comes too slowly."""
        until = self._clock.now() + _LONGEST_ANSWER
        body = bytearray()
        try:
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > _LARGEST_ANSWER or self._clock.now() > until:
                    raise NotJudged("The target's answer does not end; see that CANVAS_URL is a Canvas.")
        finally:
            answer.close()
        return rewritten(answer, bytes(body))

    def _slow_down(self, answer: httpx2.Response) -> None:
        """Wait a little where the rate limit's budget is low: up to half a second a request, five minutes in all."""
        try:
            left = float(answer.headers.get("x-rate-limit-remaining", _LOW_BUDGET))
        except ValueError:
            return
        if left < _LOW_BUDGET and self._slowed < 300 and not self.settings.is_local:
            pause = 0.5 * (1 - max(left, 0.0) / _LOW_BUDGET)
            self._slowed += pause
            self._clock.wait(pause)

    def _remember(self, call: Call, answer: httpx2.Response) -> int | None:
        """Write down what the answer says was made or removed; the id of what was made."""
        if answer.status_code != 200 or call.method not in {"POST", "DELETE"}:
            return None
        channel = _json_object(answer)
        try:
            number, owner = int(channel["id"]), int(channel["user_id"])
        except (KeyError, TypeError, ValueError):
            return None
        if number in self.fence.foreign:
            return None
        if call.method == "POST":
            if channel.get("type") == "push" and call.token_name in self.settings.tokens:
                self.pushers[owner] = call.token_name
            self.journal.create(owner, number)
            return number
        if channel.get("workflow_state") == "retired":
            self.journal.delete(number)
        return None

    def _record(self, call: Call, answer: httpx2.Response, made: int | None, started: datetime) -> None:
        defect = known_defect(call, answer)
        shown = f"{answer.status_code} {answer.reason_phrase} {self._shown(answer)[:600]}".strip()
        step = Step(call, made, shown, defect.name if defect else None)
        self.steps.append(step)
        if made is not None:
            self._births[made] = step
        if defect is not None:
            self.defects[defect.name] = self.defects.get(defect.name, 0) + 1
        self.exchanges.append(self._exchange(call, answer, started))

    def _exchange(self, call: Call, answer: httpx2.Response, started: datetime) -> Exchange:
        return Exchange(
            number=self.sent,
            test=self.test,
            operation=call.operation,
            actor=call.token_name,
            method=call.method,
            url=self.mask.text(f"{self.settings.url}{call.target}"),
            request_headers=tuple(
                (name, self.mask.text(value.replace(call.token or "\0", f"${call.token_name}")))
                for name, value in call.request_headers().items()
            ),
            request_body=self.mask.text(call.body_text()),
            status=answer.status_code,
            response_headers=tuple(
                (name, _HIDDEN if name.lower() in _SECRET else self.mask.text(value))
                for name, value in answer.headers.multi_items()
            ),
            body=self._shown(answer)[:_MOST_BODY],
            started=started,
            seconds=answer.elapsed.total_seconds(),
        )

    def _shown(self, answer: httpx2.Response) -> str:
        """The body for people to read; a page of HTML may name anybody, so it is only measured."""
        media_type = answer.headers.get("content-type", "").lower()
        return f"({len(answer.content)} bytes of HTML)" if "html" in media_type else answer.text


def _json_object(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
