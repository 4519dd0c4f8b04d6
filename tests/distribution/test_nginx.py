"""deploy/nginx.conf: nginx in front of three mocks, each world in one of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.distribution.conftest import ROOT, run, served
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.nginx

NGINX = os.environ.get("NGINX") or shutil.which("nginx") or "nginx"
CHANNELS = "/api/v1/users/self/communication_channels"
STUDENT = {"Authorization": "Bearer student-token"}
WORLDS = [f"team-{number}" for number in range(30)]
MOCK = [sys.executable, "-m", "mockserver", "--port", "0", "--allow-host", "*", "--trust-proxy", "127.0.0.1"]
Mocks = list[tuple["subprocess.Popen[str]", str]]


@contextmanager
def balanced(urls: Sequence[str], folder: Path, more: str = "") -> Iterator[str]:
    """Start nginx with deploy/nginx.conf and more locations in front of these mocks, and yield its URL."""
    folder.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    options = re.findall(r"server mock-\d:8000( [^;]+);", text)
    assert len(options) == 3
    # all mocks in place of the first server of the file, and none in place of the others
    servers = "".join(f"server {url.removeprefix('http://')}{options[0]};\n" for url in urls)
    text = re.sub(r"server mock-1:8000[^;]+;", servers, text)
    text = re.sub(r"server mock-\d:8000[^;]+;", "", text).replace("listen 8080;", f"listen 127.0.0.1:{port};\n{more}")
    paths = "".join(f"{kind}_temp_path {kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;\n" if os.getuid() == 0 else ""  # the temporary folder of the tests is root's own
    (folder / "nginx.conf").write_text(user + text.replace("http {", f"http {{\n{paths}", 1))
    command = [NGINX, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)  # noqa: S603  # our own command
    try:
        for _ in range(int(HANG_SECONDS / 0.05)):
            assert process.poll() is None, process.stderr and process.stderr.read().decode()
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture
def mocks() -> Iterator[Mocks]:
    with ExitStack() as stack:
        yield [stack.enter_context(served(*MOCK, "--control-token", "secret")) for _ in range(3)]


def delete_first(client: httpx2.Client, world: str) -> None:
    """Delete the student's first channel in a world, which the list names in a header and the delete in its path."""
    (first, *_) = client.get(CHANNELS, headers={**STUDENT, "X-Mock-World": world}).json()
    client.delete(f"/worlds/{world}{CHANNELS}/{first['id']}", headers=STUDENT)


def number_of_channels(client: httpx2.Client, world: str) -> int:
    return len(client.get(f"/worlds/{world}{CHANNELS}", headers=STUDENT).json())


def mock_of(mocks: Mocks, world: str) -> int:
    """Return the index of the mock that has this world."""
    lists = [httpx2.get(f"{url}/_mock/worlds").json() for _, url in mocks]
    (index,) = [number for number, found in enumerate(lists) if world in {item["name"] for item in found}]
    return index


def test_each_world_keeps_its_state_in_one_mock(mocks: Mocks, tmp_path: Path) -> None:
    with balanced([url for _, url in mocks], tmp_path) as proxy, httpx2.Client(base_url=proxy) as client:
        for world in WORLDS[::2]:
            delete_first(client, world)

        numbers = [number_of_channels(client, world) for world in WORLDS]
        places = Counter(mock_of(mocks, world) for world in WORLDS)
        control = {"X-Mock-Control-Token": "secret"}
        deleted = client.delete(f"/_mock/worlds/{WORLDS[0]}", headers=control).status_code
        deleted_by_prefix = client.delete(f"/worlds/{WORLDS[2]}/_mock/worlds/{WORLDS[2]}", headers=control).status_code
        after = [number_of_channels(client, world) for world in (WORLDS[0], WORLDS[2], WORLDS[4])]

    assert numbers == [2, 3] * 15  # a world starts with three channels, and every second world has lost one
    assert set(places) == {0, 1, 2}
    assert (deleted, deleted_by_prefix, after) == (204, 204, [3, 3, 2])


def test_default_world_is_in_one_mock(mocks: Mocks, tmp_path: Path) -> None:
    with balanced([url for _, url in mocks], tmp_path) as proxy, httpx2.Client(base_url=proxy) as client:
        client.delete(f"{CHANNELS}/1", headers=STUDENT)
        lists = [client.get(CHANNELS, headers={**STUDENT, **more}).json() for more in ({}, {"X-Mock-World": "default"})]

    assert [len(channels) for channels in lists] == [2, 2]


def test_stopped_mock_loses_only_its_own_worlds(mocks: Mocks, tmp_path: Path) -> None:
    with balanced([url for _, url in mocks], tmp_path) as proxy, httpx2.Client(base_url=proxy) as client:
        for world in WORLDS:
            delete_first(client, world)
        places = {world: mock_of(mocks, world) for world in WORLDS}

        mocks[0][0].kill()
        mocks[0][0].wait()
        numbers = {world: number_of_channels(client, world) for world in WORLDS}

    assert numbers == {world: 3 if place == 0 else 2 for world, place in places.items()}
    assert set(numbers.values()) == {2, 3}


def test_links_have_the_address_of_nginx(mocks: Mocks, tmp_path: Path) -> None:
    with balanced([url for _, url in mocks], tmp_path) as proxy:
        direct = httpx2.get(proxy + CHANNELS, headers={**STUDENT, "Host": "canvas.test"})
        forged = httpx2.get(
            proxy + CHANNELS, headers={**STUDENT, "X-Forwarded-Prefix": "/x", "X-Forwarded-Proto": "https"}
        )

    assert f"<http://canvas.test{CHANNELS}?" in direct.headers["link"]
    assert f"<{proxy}{CHANNELS}?" in forged.headers["link"]


def test_events_pass_nginx_at_once(mocks: Mocks, tmp_path: Path) -> None:
    """Compression waits for more data, unless the header X-Accel-Buffering of the mock reaches nginx."""
    compression = "gzip on; gzip_types *; gzip_proxied any; gzip_min_length 0;"
    with (
        balanced([url for _, url in mocks], tmp_path, more=compression) as proxy,
        httpx2.Client(base_url=proxy) as client,
        client.stream("GET", "/worlds/one/_mock/events", timeout=HANG_SECONDS) as stream,
    ):
        lines = stream.iter_lines()
        first = next(line for line in lines if line.startswith("data:"))
        delete_first(client, "one")
        second = next(line for line in lines if line.startswith("data:"))

    assert json.loads(first.removeprefix("data:"))["world"] == "one"
    assert json.loads(second.removeprefix("data:"))["last_request"] > 0


def test_dashboard_works_behind_the_path_of_a_proxy(mocks: Mocks, browser: Browser, tmp_path: Path) -> None:
    url = mocks[0][1]
    location = (
        "location /mocks/canvas/ { proxy_pass http://mocks/; proxy_http_version 1.1; proxy_set_header Connection ''; "
        "proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Prefix /mocks/canvas; }"
    )
    with balanced([url], tmp_path, more=location) as proxy, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{proxy}/mocks/canvas/worlds/one/")
        page.wait_for_selector("#connection:has-text('Live')")
        channels = httpx2.get(f"{proxy}/mocks/canvas/worlds/one{CHANNELS}", headers=STUDENT)
        page.wait_for_selector("#requests > li")
        page.get_by_role("link", name="API reference").first.click()
        page.wait_for_selector(".swagger-ui .info")

        assert page.url.startswith(f"{proxy}/mocks/canvas/worlds/one/docs/")
        assert f"<{proxy}/mocks/canvas/worlds/one{CHANNELS}?" in channels.headers["link"]


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk, which measures, is not on this machine")
def test_measurement_of_one_and_two_mocks(tmp_path: Path) -> None:
    script = tmp_path / "worlds.lua"
    script.write_text(
        "local n = 0\nrequest = function()\n  n = n + 1\n"
        f'  return wrk.format("GET", "/worlds/w" .. (n % 40) .. "{CHANNELS}", '
        '{Authorization = "Bearer student-token"})\nend\n'
    )
    found = {}
    for count in (1, 2):
        with ExitStack() as stack:
            urls = [stack.enter_context(served(*MOCK))[1] for _ in range(count)]
            proxy = stack.enter_context(balanced(urls, tmp_path / str(count)))

            output = run("wrk", "--threads", 1, "--connections", 16, "--duration", "5s", "--script", script, proxy)

            assert "Non-2xx" not in output
            rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
            assert rate
            found[count] = float(rate[1])
    print(f"\nrequests/s through nginx: {found[1]:.0f} with one mock, {found[2]:.0f} with two")
