"""Which accounts are read: those of the organization with their place in it, or listed ones."""

from threading import Event
from typing import Any

import pytest

from auditor.aws.parsing import RawParserFactory
from auditor.aws.reader import Reader
from auditor.aws.session import Sessions
from auditor.collect.accounts import regions_of
from auditor.collect.gaps import Gaps
from auditor.model.errors import AuditorError
from auditor.model.organization import Account
from tests.contract.collect.conftest import Cloud

CALLER = "123456789012"


def reader(region: str = "eu-west-1") -> Reader:
    """A reader of the caller's account."""
    sessions = Sessions.from_environment(role_name="AuditorRead")
    return Reader(sessions, CALLER, region, parsers=RawParserFactory({}), stop=Event())


def test_accounts_have_the_names_of_their_units(cloud: Cloud) -> None:
    """Accounts at the root, in a unit and in a unit of a unit; two pages of them; every one is read."""
    organizations = cloud.client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    work = organizations.create_organizational_unit(ParentId=root, Name="Work")["OrganizationalUnit"]["Id"]
    inner = organizations.create_organizational_unit(ParentId=work, Name="Inner")["OrganizationalUnit"]["Id"]
    expected: dict[str, tuple[str, list[str], str]] = {CALLER: ("master", [], "ACTIVE")}
    for number in range(23):
        name = f"member-{number}"
        made = organizations.create_account(AccountName=name, Email=f"{name}@example.org")
        account_id = made["CreateAccountStatus"]["AccountId"]
        parent, path = [(root, []), (work, ["Work"]), (inner, ["Work", "Inner"])][
            number % 3 if number < 3 else 1
        ]
        organizations.move_account(AccountId=account_id, SourceParentId=root, DestinationParentId=parent)
        expected[account_id] = (name, path, "ACTIVE")

    collected, evidence = cloud.collect(accounts="organization", regions=())

    rows = evidence.read("accounts").to_pylist()
    assert {row["account_id"]: (row["name"], row["ou_path"], row["status"]) for row in rows} == expected
    assert [row["account_id"] for row in rows] == sorted(expected)
    gaps = [gap.operation for gap in collected.gaps]
    assert (collected.management_account_id, gaps) == (CALLER, ["DescribeGlobalSettings"])  # moto tells none
    calls = {
        row["operation"]: row["calls"]
        for row in evidence.read("calls").to_pylist()
        if row["service"] != "sts"
    }
    assert calls == {
        "DescribeOrganization": 1,
        "ListRoots": 3,  # for policies that control and for backup policies, neither of which are turned on
        "ListAccountsForParent": 4,
        "ListOrganizationalUnitsForParent": 3,
        "GetAccountAuthorizationDetails": 1,  # of each account
        "DescribeGlobalSettings": 1,  # of the management account
    }


def test_an_account_that_is_closed_is_listed_and_not_read(cloud: Cloud) -> None:
    """A suspended member stays visible in the evidence."""
    organizations = cloud.client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="closed", Email="closed@example.org")
    account_id = made["CreateAccountStatus"]["AccountId"]
    organizations.close_account(AccountId=account_id)

    _, evidence = cloud.collect(accounts="organization")

    assert [account for account, _ in evidence.partitions()] == [CALLER]
    states = {row["account_id"]: row["status"] for row in evidence.read("accounts").to_pylist()}
    assert states.keys() == {CALLER, account_id}
    assert states[account_id] != "ACTIVE"


def test_without_an_organization_the_sentence_offers_the_other_ways(cloud: Cloud) -> None:
    """The default is the organization; a caller without one is told what to set."""
    with pytest.raises(AuditorError) as caught:
        cloud.collect(accounts="organization")
    assert str(caught.value) == (
        "The accounts of the organization cannot be listed (DescribeOrganization: "
        "AWSOrganizationsNotInUseException); use credentials of the organization's management account, "
        "or set `accounts` to account ids or to `caller`."
    )


def listed(cloud: Cloud) -> tuple[Any, list[tuple[str, str, Any]]]:
    """Read one listed account: what was collected, and its row's id, name and OU path."""
    collected, evidence = cloud.collect(accounts=("222222222222",))
    rows = evidence.read("accounts").to_pylist()
    return collected, [(row["account_id"], row["name"], row["ou_path"]) for row in rows]


def test_without_an_organization_a_listed_account_is_in_no_unit(cloud: Cloud) -> None:
    """Organizations answers that there is none: that is known, and no gap."""
    collected, rows = listed(cloud)
    assert (collected.gaps, rows) == ((), [("222222222222", "", [])])


def test_the_place_of_a_listed_account_is_read_from_the_organization(cloud: Cloud) -> None:
    """By name and unit, as if the whole organization were read."""
    organizations = cloud.client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    work = organizations.create_organizational_unit(ParentId=root, Name="Work")["OrganizationalUnit"]["Id"]
    made = organizations.create_account(AccountName="shop", Email="shop@example.org")
    account_id = made["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=account_id, SourceParentId=root, DestinationParentId=work)
    collected, evidence = cloud.collect(accounts=(account_id,))
    rows = evidence.read("accounts").to_pylist()
    assert [(row["account_id"], row["name"], row["ou_path"]) for row in rows] == [
        (account_id, "shop", ["Work"])
    ]
    assert (collected.gaps, collected.management_account_id) == ((), "")


def test_each_account_is_read_with_its_own_role(cloud: Cloud) -> None:
    """A volume of another account is found there and nowhere else."""
    for account_id in ("222222222222", "333333333333"):
        cloud.client("ec2", account_id=account_id).create_volume(AvailabilityZone="eu-west-1a", Size=1)
    _, evidence = cloud.collect(accounts=("333333333333", "222222222222"))
    owners = {
        account: [arn.split(":")[4] for arn in evidence.read("resources", account, region)["arn"].to_pylist()]
        for account, region in evidence.partitions()
    }
    assert owners == {"222222222222": ["222222222222"], "333333333333": ["333333333333"]}


@pytest.mark.parametrize(
    ("partition", "expected"),
    [("aws-cn", ("cn-north-1", "cn-northwest-1")), ("aws-us-gov", ("us-gov-east-1", "us-gov-west-1"))],
)
@pytest.mark.usefixtures("cloud")
def test_the_regions_are_those_enabled_in_the_partition(partition: str, expected: tuple[str, ...]) -> None:
    """DescribeRegions tells which; one of another partition is not asked for backups."""
    gaps = Gaps()
    assert regions_of(Account(CALLER, "", partition), reader(), gaps) == expected
    assert gaps.all() == ()


@pytest.mark.usefixtures("cloud")
def test_regions_that_need_an_opt_in_are_left_out_without_one() -> None:
    """Hong Kong is off until it is enabled; Frankfurt cannot be off."""
    regions = regions_of(Account(CALLER, "", "aws"), reader(), Gaps())
    assert ("eu-central-1" in regions, "ap-east-1" in regions) == (True, False)
