"""Which accounts and Regions are pushed to, also where Organizations or the key is closed to the caller."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from auditor.aws.organization import walk
from auditor.aws.reader import CallFailed
from auditor.aws.shared import SharedClients
from auditor.model.errors import AuditorError, UsageError
from auditor.model.organization import Account
from auditor.model.settings import Settings
from auditor.push.access import Access
from auditor.push.changes import ChangeKind, ChangeStatus
from auditor.push.members import members, regions_of
from tests.contract.push.conftest import World


class Body(io.BytesIO):
    """What botocore reads of a response's body."""

    def stream(self, **_: Any) -> list[bytes]:
        """The rest of it."""
        return [self.read()]


@pytest.fixture
def refuse(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Access]:
    """Access on which an operation is answered with an error of AWS, as it comes over the wire."""
    make = SharedClients.client

    def begin(operation: str, code: str) -> Access:
        body = json.dumps({"__type": code, "Message": "No."}).encode()
        told = {"Content-Type": "application/x-amz-json-1.1"}

        def answer(request: Any, **_: Any) -> AWSResponse:
            return AWSResponse(request.url, 400, HTTPHeaders.from_dict(told), Body(body))

        def client(shared: SharedClients, service: str, region: str) -> Any:
            made = make(shared, service, region)
            made.meta.events.register(f"before-send.{operation}", answer)
            return made

        monkeypatch.setattr(SharedClients, "client", client)
        return Access(world.sessions)

    return begin


def asked(world: World, **changes: Any) -> Settings:
    """Settings of the whole organization in its two Regions."""
    return replace(Settings(as_of=world.now(), regions=world.regions), **changes)


def test_every_active_account_comes_with_its_units(world: World) -> None:
    """By id; accounts that are named come with theirs as well."""
    access = Access(world.sessions)
    found = members(asked(world), access, world.catalogue.tiers)
    paths = {account.name: account.ou_path for account in found}
    assert (paths["fresh"], paths["closed"], paths["master"]) == (("Production", "Shop"), ("Security",), ())
    assert [account.account_id for account in found] == sorted(world.facts["accounts"].values())
    fresh = world.account_id("fresh")
    named = members(asked(world, accounts=(fresh, fresh)), access, world.catalogue.tiers)
    assert named == [account for account in found if account.account_id == fresh]
    own = members(asked(world, accounts="caller"), access, world.catalogue.tiers)
    assert [account.name for account in own] == ["master"]


def test_a_closed_organization_is_an_error_where_units_decide(
    world: World, refuse: Callable[..., Access]
) -> None:
    """Without tiers by unit it hinders only who asks for all accounts: a guessed tier may be wrong."""
    access = refuse("organizations.ListRoots", "AccessDeniedException")
    tiers, fresh = world.catalogue.tiers, world.account_id("fresh")
    with pytest.raises(AuditorError) as by_unit:
        members(asked(world, accounts=(fresh,)), access, tiers)
    assert str(by_unit.value) == (
        "The organizational units, by which tiers are assigned, cannot be listed (ListRoots: "
        "AccessDeniedException); use credentials of the organization's management account."
    )
    by_tag = replace(tiers, assignment=tiers.assignment[:-1])
    with pytest.raises(AuditorError) as all_accounts:
        members(asked(world), access, by_tag)
    assert str(all_accounts.value) == (
        "The accounts cannot be listed (ListRoots: AccessDeniedException); use credentials of the "
        "organization's management account, or set `accounts` to account ids or to `caller`."
    )
    assert members(asked(world, accounts=(fresh,)), access, by_tag) == [
        Account(fresh, "", "aws", ou_path=None, status="")
    ]


def test_an_account_outside_any_organization_has_no_units(
    world: World, refuse: Callable[..., Access]
) -> None:
    """That is known, so tiers by unit do not hinder."""
    access = refuse("organizations.ListRoots", "AWSOrganizationsNotInUseException")
    found = members(asked(world, accounts="caller"), access, world.catalogue.tiers)
    assert found == [Account(world.sessions.caller.account_id, "", "aws", status="")]


def test_a_unit_that_cannot_be_read_is_told_or_raised(world: World, refuse: Callable[..., Access]) -> None:
    """Whoever walks the organization decides."""
    access = refuse("organizations.ListAccountsForParent", "AccessDeniedException")
    told: list[str] = []
    reader = access.reader(world.sessions.caller.account_id, world.regions[0])
    assert list(walk(reader, "aws", unread=lambda error: told.append(error.operation))) == []
    with pytest.raises(CallFailed):
        list(walk(reader, "aws"))
    assert told == ["ListAccountsForParent"]


def test_without_regions_in_the_settings_the_enabled_ones_of_the_partition_are_taken(world: World) -> None:
    """Sorted, and none of another partition."""
    account = Account(world.account_id("fresh"), "fresh", "aws")
    access = Access(world.sessions)
    found = regions_of(account, asked(world, regions=None), access)
    assert set(world.regions) == set(found)
    assert list(found) == sorted(found)
    assert not [region for region in found if region.startswith(("cn-", "us-gov-"))]
    assert regions_of(account, asked(world, regions=("b", "a", "b")), access) == ("a", "b")


def test_a_region_that_does_not_exist_is_refused_before_any_call(world: World) -> None:
    """With the nearest one that does."""
    with pytest.raises(UsageError, match="eu-central-9"):
        members(asked(world, regions=("eu-central-9",)), Access(world.sessions), world.catalogue.tiers)


def test_a_missing_key_is_a_failed_vault_and_a_refused_one_a_failed_region(
    world: World, refuse: Callable[..., Access]
) -> None:
    """NotFoundException is an answer; a denial is not one."""
    refuse("kms.DescribeKey", "NotFoundException")
    failed = [change for change in world.plan("closed-key") if change.outcome is ChangeStatus.FAILED]
    assert {(change.kind, change.error) for change in failed} == {
        (
            ChangeKind.VAULT,
            "alias/backup names no enabled KMS key here: make the key and alias, then push again.",
        )
    }
    refuse("kms.DescribeKey", "AccessDeniedException")
    failed = [change for change in world.plan("closed-key") if change.outcome is ChangeStatus.FAILED]
    what_to_do = "allow the role what examples/iam/auditor-push.json lists."
    sentence = f"DescribeKey failed (AccessDeniedException: No); {what_to_do}"
    assert [(change.region, change.kind, change.error) for change in failed] == [
        (region, ChangeKind.REGION, sentence) for region in sorted(world.regions)
    ]
