"""The load generator: wrk with the workloads of workloads.lua."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.results import Measurement
from benchmarks.servers.process import CLOCK_TICKS, BenchmarkError
from benchmarks.workload_users import LIST_USER, MIXED_USERS, PAGE_USER, TOKEN, token_of

if TYPE_CHECKING:
    from benchmarks.servers.process import ServerProcess

CONNECTIONS = 16

_SCRIPT = Path(__file__).parent / "workloads.lua"
_PROCESSORS = os.cpu_count() or 1


def run_workload(process: ServerProcess, workload: str, seconds: float) -> Measurement:
    """Send the requests of one workload for this many seconds; return the measurement.

    Raises BenchmarkError if a response is an error, a connection fails or a page has the wrong number of channels.
    """
    _check_page_sizes(process)
    cpu_before, start, other_before = process.cpu_seconds(), time.monotonic(), _other_cpu_seconds(process)
    output = _run_wrk(process, workload, seconds)
    requests = output["requests"]
    cpu = (process.cpu_seconds() - cpu_before) / requests * 1e6
    other_cpu = (_other_cpu_seconds(process) - other_before) / (time.monotonic() - start) / _PROCESSORS
    return Measurement(
        rate=requests / output["seconds"],
        p50=output["p50"],
        p99=output["p99"],
        cpu=cpu,
        other_cpu_share=max(0.0, other_cpu),  # the resolution of clock ticks can make the difference negative
    )


def _check_page_sizes(process: ServerProcess) -> None:
    server = process.server
    pages = [(LIST_USER, "", 10), (PAGE_USER, server.third_page, 25)]
    if "mixed" in server.workloads:
        pages += [(user_id, "?page=4&per_page=10", 10) for user_id in (MIXED_USERS.ids[0], MIXED_USERS.ids[-1])]
    for user_id, query, size in pages:
        status, body = process.get(server.channels_path.format(user_id) + query, token_of(user_id) or TOKEN)
        if status != 200 or len(json.loads(body)) != size:
            raise BenchmarkError(f"{server.name} did not return {size} channels for {query or 'a list'}")


def _run_wrk(process: ServerProcess, workload: str, seconds: float) -> dict[str, Any]:
    server = process.server
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(_SCRIPT), f"http://127.0.0.1:{process.port}"]
    wrk = subprocess.run(
        ["wrk", *options, "--", workload, server.channels_path, TOKEN, server.third_page],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if wrk.returncode:
        raise BenchmarkError(f"{server.name}, {workload}: wrk exited with {wrk.returncode}")
    output: dict[str, Any] = json.loads(wrk.stdout.splitlines()[-1])
    if output["error_responses"] or output["socket_errors"] or not output["requests"]:
        errors = f"{output['error_responses']:,} error responses and {output['socket_errors']:,} socket errors"
        raise BenchmarkError(f"{server.name}, {workload}: {errors} in {output['requests']:,} requests")
    return output


def _other_cpu_seconds(process: ServerProcess) -> float:
    """Return the CPU time used by all processes of the machine except the server and wrk."""
    wrk = resource.getrusage(resource.RUSAGE_CHILDREN)
    first_line = Path("/proc/stat").read_text().partition("\n")[0]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, first_line.split()[1:9])
    used = (user + nice + system + irq + softirq + steal) / CLOCK_TICKS
    return used - process.cpu_seconds() - wrk.ru_utime - wrk.ru_stime
