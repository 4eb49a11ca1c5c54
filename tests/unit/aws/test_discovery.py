"""Timestream's endpoints: each account has its own, asked for once, and calls go there."""

import re
from threading import Event
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from auditor.aws.parsing import RawParserFactory
from auditor.aws.session import Sessions
from tests.unit.aws.test_shared import ACCOUNTS, readers, sessions

__all__ = ["sessions"]

SERVICE, REGION = "timestream-write", "eu-west-1"


class Body:
    """The body of an answer, as urllib3 gives it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def stream(self, **_more: Any) -> list[bytes]:
        """Give it in one piece."""
        return [self._text.encode()]


def calls(made: Sessions) -> list[tuple[str, str, str]]:
    """Each account lists its databases twice: who signed what, and where it was sent."""
    sent: list[tuple[str, str, str]] = []

    def answer(request: Any, **_event: Any) -> AWSResponse:
        key = re.findall(r"Credential=([\w-]+)/", request.headers["Authorization"].decode())[0]
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        sent.append((key.removeprefix("key-of-"), operation, request.url))
        address = f"cell-{key[-1]}.timestream.{REGION}.amazonaws.com"
        told = f'{{"Endpoints": [{{"Address": "{address}", "CachePeriodInMinutes": 1440}}]}}'
        text = told if operation == "DescribeEndpoints" else '{"Databases": []}'
        return AWSResponse(request.url, 200, HTTPHeaders(), Body(text))

    parsers = RawParserFactory({})
    made.reading(parsers).client(SERVICE, REGION).meta.events.register_last("before-send", answer)
    for reader in readers(made, parsers, Event()):
        for _ in range(2):
            assert [dict(page)["Databases"] for page in reader.pages(SERVICE, "ListDatabases")] == [[]]
    return sent


def test_each_account_is_sent_to_its_own_endpoint(sessions: Sessions) -> None:
    """None of them to another's, though all share a client."""
    assert calls(sessions) == [
        (account, *call)
        for account in ACCOUNTS
        for call in (
            ("DescribeEndpoints", f"https://ingest.timestream.{REGION}.amazonaws.com/"),
            *[("ListDatabases", f"https://cell-{account[-1]}.timestream.{REGION}.amazonaws.com")] * 2,
        )
    ]


def test_an_endpoint_that_is_set_has_every_call(
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As of a sandbox, which knows no other."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert calls(sessions) == [
        (account, "ListDatabases", "http://127.0.0.1:9/") for account in ACCOUNTS for _ in range(2)
    ]
