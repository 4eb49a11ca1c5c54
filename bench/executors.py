"""The executor: pages of a large vault, simulations, and starts over a large database.

This side holds no botocore and no database: the server, the client, the bare server and the filling of the
database are processes of their own.
"""

import json
import os
import secrets
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from bench.databases import server, url
from bench.figures import Figure
from bench.measure import CommandError, Cost, command, environment, measure

ACCOUNT: Final = "111122223333"
REGION: Final = "eu-west-1"
VAULT: Final = "large"
ACCESS_KEY: Final = "AKIAIOSFODNN7EXAMPLE"

_WAIT_SECONDS: Final = 120
_LOOK_SECONDS: Final = 0.01
_IDENTITY: Final = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/bench</Arn><UserId>AIDAEXAMPLE</UserId>
<Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


class _Identity(BaseHTTPRequestHandler):
    """STS, as far as `serve` and `run` ask it: who the caller is."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Tell the caller."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = _IDENTITY.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def _variables() -> Iterator[dict[str, str]]:
    """What the executor and its client find in the environment; STS answers while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Identity)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1",
        }
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True, slots=True)
class _Served:
    """A running server: its address, its process, and when it was started (`time.perf_counter`)."""

    endpoint: str
    pid: int
    started: float

    def get(self, path: str) -> str:
        """A page that needs no signature; empty while it does not answer."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.endpoint}{path}", timeout=_WAIT_SECONDS) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    def seconds_until(self, path: str, wanted: str) -> float:
        """How long after its start a page had a line that begins like that."""
        while time.perf_counter() - self.started < _WAIT_SECONDS:
            if any(line.startswith(wanted) for line in self.get(path).splitlines()):
                return time.perf_counter() - self.started
            time.sleep(_LOOK_SECONDS)
        raise CommandError(f"{path} did not say {wanted} within {_WAIT_SECONDS} s")


@contextmanager
def _serving(arguments: list[str], variables: dict[str, str], log: Path) -> Iterator[_Served]:
    """Run a server that prints its address first, while the block runs."""
    started = time.perf_counter()
    with log.open("w") as errors:
        child = subprocess.Popen(  # noqa: S603 -- our own module
            arguments, env=environment(variables), stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            endpoint = (child.stdout.readline() if child.stdout else "").strip()
            if not endpoint:
                raise CommandError(f"{' '.join(arguments)} did not start: {log.read_text()[-2000:]}")
            yield _Served(endpoint, child.pid, started)
        finally:
            child.terminate()
            child.wait(_WAIT_SECONDS)


def _executor(folder: Path, database: str, variables: dict[str, str], *more: str) -> list[str]:
    """The command that serves a database."""
    keys = folder / "credentials.yaml"
    key = {
        "access_key": ACCESS_KEY,
        "secret_key": variables["AWS_SECRET_ACCESS_KEY"],
        "account": ACCOUNT,
        "partition": "aws",
    }
    keys.write_text(json.dumps({"credentials": [key]}))
    keys.chmod(0o600)
    where = ("--database", database, "--credentials", str(keys), "--port", "0")
    return command("auditor", "executor", "serve", *where, *more)


def listing(folder: Path, *, quick: bool) -> list[Figure]:
    """Every page of one million recovery points, from the newest to the oldest, and a bare server's."""
    return _listing("executor-list", folder, str(folder / "executor.db"), 20_000 if quick else 1_000_000)


def listing_postgresql(folder: Path, *, quick: bool) -> list[Figure]:
    """The same from a database in PostgreSQL, with the durability that it comes with."""
    with server({}) as socket:
        return _listing("executor-postgresql", folder, url(socket), 20_000 if quick else 1_000_000)


def _listing(section: str, folder: Path, database: str, points: int) -> list[Figure]:
    with _variables() as variables:
        measure(command("bench.filling", database, str(points), "0"), folder, variables)
        serve = _executor(folder, database, variables, "--run-every", "0")
        with _serving(serve, variables, folder / "serve.log") as served:
            ours = _client(folder, variables, served, f"/backup-vaults/{VAULT}/recovery-points/")
        size = str(ours["bytes"] // ours["pages"])
        with _serving(command("bench.bareserver", size), variables, folder / "bare.log") as served:
            bare = _client(folder, variables, served, "/", str(ours["pages"]))
    if ours["items"] != points or ours["distinct"] != points:
        raise CommandError(f"{ours['items']} items, {ours['distinct']} of them distinct, of {points}")
    return _listing_figures(section, points, ours, bare)


def _client(folder: Path, variables: dict[str, str], served: _Served, *arguments: str) -> dict[str, Any]:
    cost = measure(command("bench.pages", served.endpoint, str(served.pid), *arguments), folder, variables)
    found: dict[str, Any] = json.loads(cost.printed)
    return found


def _listing_figures(section: str, points: int, ours: dict[str, Any], bare: dict[str, Any]) -> list[Figure]:
    wall, cpu, plain = ours["wall"], ours["cpu"], bare["wall"]
    tenth = max(1, len(wall) // 10)
    first, last = sum(wall[:tenth]) / tenth, sum(wall[-tenth:]) / tenth
    return [
        Figure(section, "recovery points in the vault", "", points),
        Figure(section, "pages", "", len(wall)),
        Figure(section, "bytes of a page", "", ours["bytes"] / ours["pages"]),
        Figure(section, "server's processor time of a page", "ms", cpu * 1000 / len(wall), 10),
        Figure(section, "pages a second of the server's processor", "", len(wall) / cpu),
        Figure(section, "a page", "ms", sum(wall) * 1000 / len(wall)),
        Figure(section, "a page, 99 of 100", "ms", sorted(wall)[int(len(wall) * 0.99)] * 1000),
        Figure(section, "pages of the last tenth / of the first", "times", last / first, 1.5),
        Figure(section, "bare server: processor time of a page", "ms", bare["cpu"] * 1000 / len(plain)),
        Figure(section, "bare server: a page", "ms", sum(plain) * 1000 / len(plain)),
        Figure(section, "a page / a page of the bare server", "times", sum(wall) / sum(plain)),
    ]


def simulation(folder: Path, *, quick: bool) -> list[Figure]:
    """Jobs a second of `executor simulate`, when recovery points expire within the time and when not."""
    section, days, repeats = "executor-simulate", 10 if quick else 60, 1 if quick else 3
    figures = []
    for what, retention in (("without expiry", 3650), ("with expiry", 7)):
        plan = folder / f"{retention}.json"
        rule = {
            "RuleName": "night",
            "TargetBackupVaultName": "vault",
            "ScheduleExpression": "cron(0 1 ? * * *)",
            "Lifecycle": {"DeleteAfterDays": retention},
        }
        plan.write_text(json.dumps({"BackupPlanName": "nightly", "Rules": [rule]}))
        asked = ("--resources", "EBS=500", "--days", str(days), "--every", str(days), "--format", "json")
        run = command("auditor", "executor", "simulate", str(plan), *asked)
        costs = [measure(run, folder) for _ in range(repeats)]
        jobs = sum(row["count"] for row in json.loads(costs[0].printed)["jobs"])
        figures += [
            Figure(section, f"jobs, {what}", "", jobs),
            Figure.of(section, f"jobs a second, {what}", "", [jobs / cost.seconds for cost in costs]),
            Figure.of(
                section, f"of one processor, {what}", "jobs/s", [jobs / cost.cpu_seconds for cost in costs]
            ),
        ]
    return figures


def starting(folder: Path, *, quick: bool) -> list[Figure]:
    """How long `serve` and `run` take to look at 1,000,000 recovery points and 10,000 jobs."""
    points, jobs, repeats = (20_000, 200, 1) if quick else (1_000_000, 10_000, 5)
    section = "executor-restart"
    with _variables() as variables:
        database = str(folder / "executor.db")
        measure(command("bench.filling", database, str(points), str(jobs)), folder, variables)
        healthy, looked = [], []
        for _ in range(repeats):
            serve = _executor(folder, database, variables, "--run-every", "60")
            with _serving(serve, variables, folder / "serve.log") as served:
                healthy.append(served.seconds_until("/healthz", '{"status":"ok"}'))
                looked.append(served.seconds_until("/metrics", "auditor_executor_engine_runs_total{"))
        once = [_once(folder, database, variables) for _ in range(repeats)]
    return [
        Figure(section, "recovery points", "", points),
        Figure(section, "jobs that run", "", jobs),
        Figure.of(section, "serve: until /healthz answers", "s", healthy, 2),
        Figure.of(section, "serve: until the first look is done", "s", looked, 2),
        Figure.of(section, "run: whole command, nothing due", "s", [cost.seconds for cost in once], 2),
        Figure.of(section, "run: processor time", "s", [cost.cpu_seconds for cost in once]),
        Figure.of(section, "run: peak memory", "MB", [cost.largest_mb for cost in once]),
    ]


def _once(folder: Path, database: str, variables: dict[str, str]) -> Cost:
    """`executor run`, which must find nothing to do."""
    cost = measure(command("auditor", "executor", "run", "--database", database), folder, variables)
    if cost.printed:
        raise CommandError(f"executor run did something: {cost.printed}")
    return cost
