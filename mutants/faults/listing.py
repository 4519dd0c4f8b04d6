"""Faults of order, pages, the Link header, and of not sending what did not change."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mockserver import answers, handlers, pagination, ruby
from mockserver.channels import ChannelList
from mockserver.errors import PageNotFound
from mockserver.pagination import Page
from mutants.surgery import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Ask, Reply
    from mutants.surgery import Surgery


def _listed(mock: Surgery, change: Callable[[list[Any]], list[Any]]) -> None:
    """List other rows than those that are there; the Link header still counts all."""
    mock.replace(ChannelList, "page", lambda self, page: change(self.listed)[page.rows])


def _page(mock: Surgery, change: Callable[[Page], Page]) -> None:
    """Read the page otherwise."""
    mock.around(handlers, "page_of", lambda original: lambda parameters: change(original(parameters)))


def _rows(mock: Surgery, change: Callable[[int, int], slice]) -> None:
    """Take other rows for a page: `change(number, size)`."""
    mock.replace(Page, "rows", property(lambda self: change(self.number, self.size)))


def _numbers(mock: Surgery, change: Callable[[dict[str, int], Page, int], object]) -> None:
    """Link to other pages: `change(numbers, page, last)` alters them."""

    def numbers(page: Page, last: int) -> dict[str, int]:
        found = original(page, last)
        change(found, page, last)
        return found

    original = pagination._numbers
    mock.replace(pagination, "_numbers", numbers)


def _link(mock: Surgery, change: Callable[[str, Ask], str]) -> None:
    """Alter the text of the Link header."""

    def alter(ask: Ask, reply: Reply) -> None:
        if "link" in reply.headers:
            reply.headers["link"] = change(reply.headers["link"], ask)

    mock.on_reply(alter)


# -- order


@fault
def newest_come_first(mock: Surgery) -> None:
    """The newest channel is listed first."""
    _listed(mock, lambda rows: rows[::-1])


@fault
def list_is_in_order_of_addresses(mock: Surgery) -> None:
    """Channels are listed in order of their addresses."""
    _listed(mock, lambda rows: sorted(rows, key=attrgetter("address")))


@fault
def list_is_in_order_of_types(mock: Surgery) -> None:
    """Channels are listed by type, then by position."""
    _listed(mock, lambda rows: sorted(rows, key=attrgetter("type")))


@fault
def positions_are_ordered_as_text(mock: Surgery) -> None:
    """Positions are ordered as text: 10 comes before 2."""
    _listed(mock, lambda rows: sorted(rows, key=lambda row: str(row.position)))


@fault
def unconfirmed_channels_are_not_listed(mock: Surgery) -> None:
    """Channels that are not confirmed are not listed."""
    _listed(mock, lambda rows: [row for row in rows if row.workflow_state != "unconfirmed"])


@fault
def sms_channels_are_not_listed(mock: Surgery) -> None:
    """SMS channels are not listed."""
    _listed(mock, lambda rows: [row for row in rows if row.type != "sms"])


@fault
def push_channel_is_not_listed(mock: Surgery) -> None:
    """The push channel is not listed."""
    _listed(mock, lambda rows: [row for row in rows if row.type != "push"])


@fault
def same_address_is_listed_once(mock: Surgery) -> None:
    """Of two channels with one address, of different types, the first alone is listed."""

    def change(rows: list[Any]) -> list[Any]:
        return list({row.address.lower(): row for row in reversed(rows)}.values())[::-1]

    _listed(mock, change)


@fault
def eleventh_channel_is_not_listed(mock: Surgery) -> None:
    """No more than ten channels are ever listed."""
    _listed(mock, lambda rows: rows[:10])


# -- pages


@fault
def second_page_repeats_the_first(mock: Surgery) -> None:
    """The second page holds the rows of the first."""
    _rows(mock, lambda number, size: slice((number - 1 - (number == 2)) * size, (number - (number == 2)) * size))


@fault
def pages_overlap_by_one(mock: Surgery) -> None:
    """Each page after the first begins with the last row of the page before."""
    _rows(mock, lambda number, size: slice((start := max(0, (number - 1) * size - (number > 1))), start + size))


@fault
def pages_leave_one_out(mock: Surgery) -> None:
    """One row is left out between two pages."""
    _rows(mock, lambda number, size: slice((start := (number - 1) * (size + 1)), start + size))


@fault
def pages_are_one_short(mock: Surgery) -> None:
    """A page of more than one row lacks its last."""
    _rows(mock, lambda number, size: slice((number - 1) * size, number * size - (size > 1)))


@fault
def pages_are_one_long(mock: Surgery) -> None:
    """A page has one row more than was asked for."""
    _rows(mock, lambda number, size: slice((number - 1) * size, number * size + 1))


@fault
def page_is_ignored(mock: Surgery) -> None:
    """Every page is the first."""
    _rows(mock, lambda number, size: slice(0, size))


@fault
def per_page_is_ignored(mock: Surgery) -> None:
    """A page has ten rows, whatever per_page says."""
    _page(mock, lambda page: Page(page.number, 10))


@fault
def per_page_is_ignored_after_the_first_page(mock: Surgery) -> None:
    """From the second page on a page has ten rows."""
    _rows(mock, lambda number, size: slice((number - 1) * size, (number - 1) * size + (size if number == 1 else 10)))


@fault
def page_has_twenty_rows(mock: Surgery) -> None:
    """Without per_page a page has twenty rows."""

    def twenty(parameters: dict[str, object]) -> dict[str, object]:
        return parameters if "per_page" in parameters else {**parameters, "per_page": "20"}

    mock.around(handlers, "page_of", lambda original: lambda parameters: original(twenty(parameters)))


@fault
def per_page_has_no_limit(mock: Surgery) -> None:
    """per_page may be over 100."""
    mock.replace(pagination, "_size", lambda value: 10 if value is None else max(1, ruby.to_i(str(value))))


@fault
def per_page_stops_at_50(mock: Surgery) -> None:
    """per_page is clamped to 50 instead of 100."""
    _page(mock, lambda page: Page(page.number, min(50, page.size)))


@fault
def per_page_of_zero_is_ten(mock: Surgery) -> None:
    """per_page=0 gives ten rows instead of one."""
    mock.replace(
        pagination,
        "_size",
        lambda value: 10 if value is None or ruby.to_i(str(value)) == 0 else min(100, max(1, ruby.to_i(str(value)))),
    )


@fault
def negative_per_page_is_its_amount(mock: Surgery) -> None:
    """per_page=-5 gives five rows instead of one."""
    mock.replace(
        pagination, "_size", lambda value: 10 if value is None else min(100, max(1, abs(ruby.to_i(str(value)))))
    )


@fault
def per_page_must_be_a_number(mock: Surgery) -> None:
    """per_page=5abc is read as nothing, where Canvas reads the 5."""
    original = pagination._size
    mock.replace(pagination, "_size", lambda value: original(value if value is None or str(value).isdigit() else "1"))


@fault
def too_large_per_page_is_refused(mock: Surgery) -> None:
    """per_page over 100 is refused."""

    def change(ask: Ask, reply: Reply) -> None:
        match = re.search(rb"per_page=(\d+)", ask.query)
        if match and int(match[1]) > 100 and reply.status == 200:
            reply.status = 400
            reply.value = {"errors": [{"message": "per_page is too large"}]}

    mock.on_reply(change)


@fault
def page_zero_is_the_first(mock: Surgery) -> None:
    """page=0 answers with the first page."""
    _number(mock, lambda number: 1 if number == 0 else number)


@fault
def negative_pages_are_the_first(mock: Surgery) -> None:
    """A page below 1 answers with the first page."""
    _number(mock, lambda number: max(1, number))


def _number(mock: Surgery, change: Callable[[int], int]) -> None:
    def number_of(value: object) -> int:
        text = "1" if value is None else str(value)
        number = ruby.integer(text)
        if text.lstrip("+-").isdigit():
            number = change(number)
        if number < 1:
            raise PageNotFound
        return number

    mock.replace(pagination, "_number", number_of)


@fault
def text_is_the_first_page(mock: Surgery) -> None:
    """page=abc answers with the first page."""
    mock.replace(pagination, "_number", lambda value: 1 if value is None else max(1, ruby.to_i(str(value))))


@fault
def what_is_no_page_is_empty(mock: Surgery) -> None:
    """page=0 and page=abc answer 200 and nothing."""
    mock.replace(pagination, "_number", lambda value: 1 if value is None else ruby.integer(str(value)) or 9999)


@fault
def what_is_no_page_answers_400(mock: Surgery) -> None:
    """page=0 and page=abc answer 400 instead of 404."""
    mock.replace(PageNotFound, "status_code", 400)


@fault
def pages_past_the_end_are_404(mock: Surgery) -> None:
    """A page past the end answers 404."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.lists and reply.body == b"[]" and b"page=" in ask.query:
            reply.status = 404
            reply.value = {"errors": [{"message": "An error occurred.", "error_code": "not_found"}]}

    mock.on_reply(change)


@fault
def pages_past_the_end_are_the_last(mock: Surgery) -> None:
    """A page past the end answers with the last page's rows."""

    def page(self: ChannelList, page_: Page) -> Any:
        return original(self, page_) or original(self, Page(max(1, -(-len(self.listed) // page_.size)), page_.size))

    original = ChannelList.page
    mock.replace(ChannelList, "page", page)


# -- the Link header


@fault
def link_header_is_missing(mock: Surgery) -> None:
    """Lists have no Link header."""
    mock.on_reply(lambda _ask, reply: reply.headers.pop("link", None))


@fault
def link_header_is_missing_for_one_page(mock: Surgery) -> None:
    """A list of one page has no Link header."""
    mock.on_reply(
        lambda _ask, reply: (
            None
            if 'rel="next"' in (link := reply.headers.get("link", "")) or 'rel="prev"' in link
            else reply.headers.pop("link", None)
        )
    )


@fault
def next_is_missing(mock: Surgery) -> None:
    """No page links to the next."""
    _numbers(mock, lambda numbers, page, last: numbers.pop("next", None))


@fault
def next_is_missing_after_the_first_page(mock: Surgery) -> None:
    """Only the first page links to the next."""
    _numbers(mock, lambda numbers, page, last: numbers.pop("next", None) if page.number > 1 else None)


@fault
def next_is_there_on_the_last_page(mock: Surgery) -> None:
    """The last page links to a next one."""
    _numbers(mock, lambda numbers, page, last: numbers.update(next=page.number + 1) if page.number == last else None)


@fault
def next_is_there_past_the_end(mock: Surgery) -> None:
    """A page past the end links to a next one."""
    _numbers(mock, lambda numbers, page, last: numbers.update(next=page.number + 1) if page.number > last else None)


@fault
def next_leads_two_pages_on(mock: Surgery) -> None:
    """The link to the next page skips one."""
    _numbers(mock, lambda numbers, page, last: numbers.update(next=numbers["next"] + 1) if "next" in numbers else None)


@fault
def prev_is_missing(mock: Surgery) -> None:
    """No page links to the one before."""
    _numbers(mock, lambda numbers, page, last: numbers.pop("prev", None))


@fault
def prev_is_the_first(mock: Surgery) -> None:
    """The link to the page before leads to the first."""
    _numbers(mock, lambda numbers, page, last: numbers.update(prev=1) if "prev" in numbers else None)


@fault
def first_page_has_a_prev(mock: Surgery) -> None:
    """The first page links to a page before it."""
    _numbers(mock, lambda numbers, page, last: numbers.setdefault("prev", 0))


@fault
def first_is_page_zero(mock: Surgery) -> None:
    """The link to the first page says page 0."""
    _numbers(mock, lambda numbers, page, last: numbers.update(first=0))


@fault
def current_is_missing(mock: Surgery) -> None:
    """No page links to itself."""
    _numbers(mock, lambda numbers, page, last: numbers.pop("current"))


@fault
def last_is_one_too_far(mock: Surgery) -> None:
    """The link to the last page leads past it."""
    _numbers(mock, lambda numbers, page, last: numbers.update(last=numbers["last"] + 1))


@fault
def last_is_rounded_down(mock: Surgery) -> None:
    """The link to the last page leaves out a page that is not full."""
    mock.around(
        handlers,
        "link_header",
        lambda original: lambda url, kept, page, total: original(url, kept, page, total // page.size * page.size),
    )


@fault
def last_counts_the_deleted(mock: Surgery) -> None:
    """The number of pages counts deleted channels."""
    seen: dict[int, int] = {}

    def page(self: ChannelList, page_: Page) -> Any:
        seen[0] = len(self.rows)
        return original(self, page_)

    def change(link: str, _ask: Ask) -> str:
        match = re.search(r"per_page=(\d+)", link)
        size = int(match[1]) if match else 10
        last = max(1, -(-seen.get(0, 1) // size))
        return re.sub(r'([?&]page=)\d+(&per_page=\d+>; rel="last")', rf"\g<1>{last}\2", link)

    original = ChannelList.page
    mock.replace(ChannelList, "page", page)
    _link(mock, change)


@fault
def links_lead_to_another_host(mock: Surgery) -> None:
    """Links name another host than the client did."""
    _link(mock, lambda link, ask: link.replace(ask.headers[b"host"].decode(), "canvas.internal"))


@fault
def links_lose_the_port(mock: Surgery) -> None:
    """Links lack the port."""
    _link(
        mock, lambda link, ask: link.replace(ask.headers[b"host"].decode(), ask.headers[b"host"].decode().split(":")[0])
    )


@fault
def links_change_the_scheme(mock: Surgery) -> None:
    """Links say https where the client said http."""
    _link(mock, lambda link, ask: link.replace("<http://", "<https://"))


@fault
def links_are_relative(mock: Surgery) -> None:
    """Links are paths without a host."""
    _link(mock, lambda link, ask: link.replace(f"http://{ask.headers[b'host'].decode()}", ""))


@fault
def links_lack_per_page(mock: Surgery) -> None:
    """Links lack per_page, so the next page has another size."""
    _link(mock, lambda link, ask: re.sub(r"&per_page=\d+", "", link))


@fault
def links_drop_other_parameters(mock: Surgery) -> None:
    """Links lose query parameters that are not about pages."""
    mock.around(handlers, "link_header", lambda original: lambda url, kept, page, total: original(url, (), page, total))


@fault
def links_decode_other_parameters(mock: Surgery) -> None:
    """Links repeat query parameters without their escapes."""
    _link(mock, lambda link, ask: unquote(link).replace(" ", "") if "%2B" in link else link)


@fault
def links_repeat_access_token(mock: Surgery) -> None:
    """Links repeat the parameter access_token."""
    mock.replace(handlers, "_NOT_KEPT", frozenset({"page", "per_page"}))


@fault
def links_hold_the_token_of_the_header(mock: Surgery) -> None:
    """Links hold the caller's token as access_token."""
    _link(mock, lambda link, ask: link.replace("&per_page", f"&access_token={ask.token}&per_page"))


@fault
def links_lead_to_another_path(mock: Surgery) -> None:
    """Links lead to /api/v2."""
    _link(mock, lambda link, ask: link.replace("/api/v1/", "/api/v2/"))


@fault
def links_lead_to_the_first_user(mock: Surgery) -> None:
    """Links always name the first user."""
    _link(mock, lambda link, ask: re.sub(r"/users/[^/]+/", "/users/1/", link))


# -- what did not change


@fault
def etag_changes_every_time(mock: Surgery) -> None:
    """The same list has another ETag every time."""

    def change(_ask: Ask, reply: Reply) -> None:
        if "etag" in reply.headers:
            count.append(0)
            reply.headers["etag"] = f'W/"{len(count):032x}"'

    count: list[int] = []
    mock.on_reply(change)


@fault
def etag_is_always_the_same(mock: Surgery) -> None:
    """Every answer has the same ETag."""

    def change(_ask: Ask, reply: Reply) -> None:
        if "etag" in reply.headers:
            reply.headers["etag"] = f'W/"{0:032x}"'

    mock.on_reply(change)


@fault
def etag_counts_the_rows(mock: Surgery) -> None:
    """The ETag of a list follows from the number of its rows, and 304 from that."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.lists and reply.status == 200:
            etag = f'W/"{len(reply.value):032x}"'
            reply.headers["etag"] = etag
            if ask.headers.get(b"if-none-match", b"").decode() == etag:
                reply.status, reply.body = 304, b""
                del reply.headers["content-type"], reply.headers["content-length"]

    mock.on_reply(change)


@fault
def if_none_match_is_ignored(mock: Surgery) -> None:
    """A list that did not change is sent again."""
    mock.replace(answers, "_matches", lambda if_none_match, etag: False)


@fault
def any_if_none_match_matches(mock: Surgery) -> None:
    """Any If-None-Match is answered with 304."""
    mock.replace(answers, "_matches", lambda if_none_match, etag: True)


@fault
def unchanged_lists_answer_412(mock: Surgery) -> None:
    """A list that did not change answers 412 instead of 304."""
    mock.on_reply(lambda _ask, reply: setattr(reply, "status", 412) if reply.status == 304 else None)
