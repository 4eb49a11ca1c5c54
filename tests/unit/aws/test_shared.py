"""One client for each service and Region, and each call signed by who calls."""

import re
from collections import Counter
from threading import Event
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from auditor.aws.base import new_session
from auditor.aws.parsing import RawParserFactory
from auditor.aws.reader import Reader
from auditor.aws.session import Caller, Sessions

ACCOUNTS = ("111111111111", "222222222222")


class Body:
    """The body of an answer, as urllib3 gives it."""

    def stream(self, **_more: Any) -> list[bytes]:
        """Give it in one piece."""
        return [b'{"BackupPlansList": [], "NextToken": ""}']


@pytest.fixture
def sessions() -> Sessions:
    """Sessions whose accounts have a key each that names them."""
    source = new_session()
    source.set_credentials("caller", "secret")
    caller = Caller("123456789012", "arn:aws:iam::123456789012:user/me", "aws")
    made = Sessions(source, caller, home_region="eu-west-1", role_name="Role")
    made._credentials = lambda account_id: Credentials(f"key-of-{account_id}", "secret")  # type: ignore[method-assign]  # no STS
    return made


def readers(sessions: Sessions, parsers: RawParserFactory, stop: Event) -> list[Reader]:
    """One for each account, in the same Region."""
    return [Reader(sessions, one, "eu-west-1", parsers=parsers, stop=stop) for one in ACCOUNTS]


def test_each_call_is_signed_and_counted_for_its_own_account(sessions: Sessions) -> None:
    """Pages of two accounts that take turns on one client."""
    sent: list[str] = []

    def answer(request: Any, **_event: Any) -> AWSResponse:
        sent.append(re.findall(r"Credential=([\w-]+)/", request.headers["Authorization"].decode())[0])
        return AWSResponse(request.url, 200, HTTPHeaders(), Body())

    parsers = RawParserFactory({})
    clients = sessions.reading(parsers)
    client = clients.client("backup", "eu-west-1")
    client.meta.events.register_last("before-send", answer)
    one, two = readers(sessions, parsers, Event())

    first, second = (reader.pages("backup", "ListBackupPlans") for reader in (one, two))
    next(first), next(second)
    two.ask("backup", "DescribeRegionSettings")
    one.ask("backup", "DescribeRegionSettings")

    assert sent == [f"key-of-{ACCOUNTS[number]}" for number in (0, 1, 1, 0)]
    each = Counter({("backup", "ListBackupPlans"): 1, ("backup", "DescribeRegionSettings"): 1})
    assert (one.calls, two.calls) == (each, each)
    assert sessions.reading(parsers).client("backup", "eu-west-1") is client
    assert clients.client("backup", "eu-west-2") is not client


def test_nobody_calls_without_saying_who(sessions: Sessions) -> None:
    """A request is never signed with the credentials that the client was made with."""
    client = sessions.reading(RawParserFactory({})).client("backup", "eu-west-1")
    with pytest.raises(AttributeError, match="reading"):
        client.list_backup_plans()
