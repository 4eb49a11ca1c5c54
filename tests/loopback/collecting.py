"""A collection of an organization without a socket: requests are answered in this process."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from unittest import mock
from urllib.parse import urlsplit

import botocore.endpoint
import orjson
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session
from urllib3 import HTTPResponse

from auditor.aws.pace import Pace
from auditor.aws.session import Sessions
from auditor.collect.run import COLLECTORS, collect
from auditor.evidence.native_tables import NATIVE_WORDS
from auditor.evidence.store import EvidenceWriter
from auditor.evidence.table_schemas import AGES, DOCUMENTS, EVERYTHING, SNAPSHOT_TAGS
from auditor.model.settings import Settings, silent
from auditor.model.verdicts import Gap
from tests.loopback import kept
from tests.loopback.endpoint import Endpoint
from tests.loopback.faults import Fault
from tests.loopback.standing import HOME
from tests.loopback.world import Organization


@dataclass(frozen=True)
class Reading:
    """What was collected: the digest of every table but those about the reading itself, and the gaps."""

    evidence: Mapping[str, str]
    gaps: Sequence[Gap]


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class Directly:
    """Collects from an organization, again and again; use it as a context.

    `bodies` has the longest right answer of each operation.
    """

    def __init__(self, world: Organization, **settings: Any) -> None:
        self.bodies: dict[str, bytes] = {}
        self._world = world
        self._settings = Settings(as_of=world.clock, workers=1, **settings)
        self._endpoint = Endpoint(world)
        self._patches: list[Any] = []

    def __enter__(self) -> Self:
        ours = {"AWS_ENDPOINT_URL": self._endpoint.url, "AWS_ACCESS_KEY_ID": f"AKIA{self._world.caller}",
                "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": HOME}  # fmt: skip
        at_once = SimpleNamespace(sleep=lambda _seconds: None)
        self._patches = [
            mock.patch.dict(os.environ, ours),
            mock.patch.object(URLLib3Session, "send", lambda _session, request: self._send(request)),
            mock.patch.object(botocore.endpoint, "time", at_once),
            mock.patch.object(Pace, "keep"),
            mock.patch("auditor.aws.parsing.PageProcesses", return_value=kept.pages),
        ]
        for patch in self._patches:
            patch.start()
        return self

    def __exit__(self, *_error: object) -> None:
        for patch in reversed(self._patches):
            patch.stop()
        self._endpoint.server_close()

    def needed(self) -> Mapping[str, Collection[str]]:
        """By operation, the tables of the collectors that call it: a wrong answer concerns these alone."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for more in ((), (*NATIVE_WORDS, *DOCUMENTS.values(), AGES, SNAPSHOT_TAGS)):
            known = frozenset(found)
            for tables in ({*collector.provides, *more} for collector in COLLECTORS):
                before = len(self._endpoint.calls)
                self.read(tables=tables)
                for operation in {call.operation for call in self._endpoint.calls[before:]} - known:
                    found[operation] |= tables
        return found

    def read(self, *faults: Fault, tables: Collection[str] = EVERYTHING) -> Reading:
        """Collect `tables` with `faults`; raises what the collection raises."""
        self._world.faults = list(faults)
        with tempfile.TemporaryDirectory() as folder:
            sessions = Sessions.from_environment(role_name=self._settings.role_name)
            with EvidenceWriter(Path(folder), "run") as writer:
                collected = collect(self._settings, sessions, writer, silent, tables)
                run = writer.commit({"run_id": "run"})
            if self._endpoint.errors:
                raise self._endpoint.errors.pop()
            files = orjson.loads((run / "manifest.json").read_bytes())["files"]
        about = ("calls", "gaps")
        kept = {name: file["sha256"] for name, file in files.items() if not any(one in name for one in about)}
        return Reading(kept, collected.gaps)

    def _send(self, request: Any) -> AWSResponse:
        parts = urlsplit(request.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = {name: _text(value) for name, value in request.headers.items()}
        body = _text(request.body or "").encode()
        answer = self._endpoint.reply(request.method, target, headers, body)
        assert answer is not None
        operation = self._endpoint.calls[-1].operation
        if not self._world.faults and len(answer.body) > len(self.bodies.get(operation, b"")):
            self.bodies[operation] = answer.body
        told = HTTPHeaders.from_dict(
            {"Content-Type": answer.content_type, "Date": "Sun, 01 Mar 2026 00:00:00 GMT"}
        )
        raw = HTTPResponse(BytesIO(answer.body), preload_content=False)
        return AWSResponse(request.url, answer.status, told, raw)
