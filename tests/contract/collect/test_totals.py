"""Counts of others that are asked beside the evidence."""

from collections.abc import Iterator
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.aws.parsing import RawParserFactory
from auditor.aws.reader import Reader
from auditor.aws.session import Sessions
from auditor.collect.totals import see_organization
from tests.contract.collect.conftest import Cloud

CALLER = "123456789012"


@pytest.mark.parametrize(("pages", "known"), [(250, True), (251, False)])
def test_a_listing_that_is_too_long_is_not_counted(pages: int, *, known: bool) -> None:
    """And it says so; one page less is."""

    def listed(*_asked: str) -> Iterator[dict[str, Any]]:
        for number in range(pages):
            yield {"Accounts": [{"Id": f"{number:012d}", "Status": "ACTIVE"}]}

    seen = see_organization(SimpleNamespace(pages=listed), ("o-1", "1"))  # type: ignore[arg-type]  # one method

    assert (seen.accounts is not None and len(seen.accounts) == pages) is known
    note = "ListAccounts: The listing has more than 250 pages, so it was not counted."
    assert seen.notes == (() if known else (note,))


def test_an_account_of_no_organization_is_told_so(cloud: Cloud) -> None:
    """Where it is in one, the organization is named, with its accounts."""

    def seen() -> tuple[bool | None, dict[str, bool]]:
        sessions = Sessions.from_environment(role_name="AuditorRead")
        reader = Reader(sessions, CALLER, "eu-west-1", parsers=RawParserFactory({}), stop=Event())
        found = see_organization(reader, ("", ""))
        return found.alone, found.alone_of(CALLER)

    assert seen() == (True, {CALLER: True})
    organizations = cloud.client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="shop", Email="shop@example.org")
    member = made["CreateAccountStatus"]["AccountId"]
    assert seen() == (False, {CALLER: False, member: False})
