"""What a run looked at and what it did not: nothing that was left out looks like nothing that was found."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied, throttled
from tests.loopback.standing import ACCOUNT, AWAY, HOME, SINCE, World, standing

OTHERS = [f"{number:012d}" for number in range(1, 10)]
TIERS = {
    "tiers": {
        "daily": {
            "required": True,
            "rpo_hours": 26,
            "retention_days": 7,
            "customer_key": False,
            "lock": "none",
        },
        "none": {"required": False},
    },
    "assignment": [
        {"tier": "none", "tags": {"backup": "no"}},
        {"tier": "none", "organizational_units": ["Sandbox"]},
    ],
    "default": "daily",
}


def ten_accounts() -> World:
    """The standing account and nine empty ones, of which the last is closed."""
    world = standing(keep=14)
    for number, account_id in enumerate(OTHERS):
        world.account(account_id, f"team-{number}", status="ACTIVE" if number < 8 else "SUSPENDED")
    return world


def with_a_table() -> World:
    """The standing input and a table that nobody backs up."""
    world = standing(keep=14)
    arn = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/orders"
    world.at().tables.append(
        {"TableName": "orders", "TableArn": arn, "TableStatus": "ACTIVE", "CreationDateTime": SINCE}
    )
    return world


def scope(judged: Judgement) -> dict[str, Any]:
    """That part of its document."""
    return dict(judged.document["scope"])


def states(judged: Judgement, kind: str) -> dict[str, int]:
    """Places by state, of one kind."""
    return next(dict(one["states"]) for one in scope(judged)["by_kind"] if one["kind"] == kind)


def rows(judged: Judgement, name: str) -> list[dict[str, str]]:
    """The rows of a CSV of the run."""
    with (judged.run / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def page(judged: Judgement) -> str:
    """The HTML without its white space."""
    return " ".join((judged.run / "report.html").read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def two_of_ten(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """An audit of two accounts and one Region of an organization of ten."""
    return audit(
        ten_accounts(), tmp_path_factory.mktemp("ten"), accounts=[ACCOUNT, OTHERS[0]], regions=[HOME],
        formats=["html", "csv", "json"],
    )  # fmt: skip


def test_two_of_ten_accounts_are_said_on_page_one(two_of_ten: Judgement) -> None:
    """And so are the Regions that were left out."""
    assert scope(two_of_ten)["accounts"] == {"listed": 10, "READ": 2, "LEFT_OUT": 7, "CLOSED": 1}
    top = page(two_of_ten).partition("<main")[0]
    said = "2 of the 10 accounts of the organization were audited; 7 left out by the setting accounts."
    assert said in top
    assert "Regions of the partition were left out by the setting regions." in top
    assert AWAY in scope(two_of_ten)["regions_left_out"]
    assert HOME not in scope(two_of_ten)["regions_left_out"]


def test_what_was_left_out_has_no_count(two_of_ten: Judgement) -> None:
    """A state in its place, in the CSV too; what was read and empty counts zero."""
    found = {
        (row["account_id"], row["region"]): (row["state"], row["found"])
        for row in rows(two_of_ten, "scope.csv")
        if row["kind"] == "EBS"
    }

    assert found == {
        (ACCOUNT, HOME): ("READ", "1"),
        (OTHERS[0], HOME): ("READ", "0"),
        **{(name, ""): ("LEFT_OUT", "") for name in OTHERS[1:8]},
        (OTHERS[8], ""): ("CLOSED", ""),
    }


def test_a_whole_organization_leaves_nothing_out(tmp_path: Path) -> None:
    """Nothing of it is said then, but the closed account keeps its state."""
    judged = audit(ten_accounts(), tmp_path, accounts="organization", formats=["html", "json"])

    assert scope(judged)["accounts"] == {"listed": 10, "READ": 9, "CLOSED": 1}
    assert scope(judged)["regions_left_out"] is None
    assert "left out by the setting" not in page(judged)


def test_accounts_that_were_read_whole_share_a_row_and_others_do_not(tmp_path: Path) -> None:
    """However few they are; two of which the same was refused stand apart."""
    world = ten_accounts()
    refused = [denied("ListTables", account_id=account_id) for account_id in OTHERS[:2]]

    judged = audit(world, tmp_path, accounts="organization", regions=[HOME], faults=refused)

    assert [[one["account_id"] for one in row["accounts"]] for row in scope(judged)["rows"]] == [
        [OTHERS[0]],
        [OTHERS[1]],
        [OTHERS[8]],
        [*OTHERS[2:8], ACCOUNT],
    ]


def test_what_was_refused_read_in_part_and_not_answered_are_three_things(tmp_path: Path) -> None:
    """Each in the Region in which it happened; the other kinds and the other Region were read."""
    world = standing(keep=14)
    for number in range(3):
        world.volume(f"vol-more-{number}")
    world.page_size = 2
    judged = audit(
        world,
        tmp_path,
        faults=[
            denied("DescribeInstances", region=HOME),
            denied("DescribeVolumes", region=HOME, first=2),
            throttled("ListTables", region=AWAY),
        ],
        retry_minutes=0,
    )

    assert states(judged, "EC2") == {"DENIED": 1, "READ": 1}
    assert states(judged, "EBS") == {"PARTLY": 1, "READ": 1}
    assert states(judged, "DynamoDB") == {"FAILED": 1, "READ": 1}
    assert states(judged, "plans") == {"READ": 2}
    assert scope(judged)["accounts"] == {"listed": 1, "PARTLY": 1}


def test_an_account_whose_role_is_refused_is_denied_as_a_whole(tmp_path: Path) -> None:
    """No Region of it is known, so it is one place."""
    judged = audit(
        ten_accounts(),
        tmp_path,
        accounts=[ACCOUNT, OTHERS[0]],
        faults=[denied("AssumeRole", account_id=OTHERS[0])],
        formats=["html", "json"],
    )

    assert scope(judged)["accounts"] == {"listed": 10, "READ": 1, "DENIED": 1, "LEFT_OUT": 7, "CLOSED": 1}
    assert "1 of the 10 accounts of the organization was audited; 7 left out by the setting" in page(judged)
    denied_row = scope(judged)["rows"][0]
    assert denied_row["accounts"] == [{"account_id": OTHERS[0], "name": "team-0"}]
    assert (denied_row["regions"], {*denied_row["states"]}) == ([], {"DENIED", "NOT_NEEDED"})


def test_accounts_behind_a_unit_that_was_refused_are_not_left_out_by_a_setting(tmp_path: Path) -> None:
    """They are known by the organization's own list, and were not read; the gap explains the difference."""
    world = standing(keep=14)
    world.account(OTHERS[0], "hidden", ou_path=("Sandbox",))

    judged = audit(
        world, tmp_path, accounts="organization", faults=[denied("ListAccountsForParent", first=2)]
    )

    assert scope(judged)["accounts"] == {"listed": 2, "READ": 1, "FAILED": 1}
    one = judged.document["reconciliation"][0]
    assert (one["what"], one["ours"], one["theirs"], one["explained"]) == ("accounts", 1, 2, 1)
    assert one["shown"][0]["gaps"] == [gap["gap_id"] for gap in judged.gaps]


def test_tags_that_were_refused_leave_only_the_types_without_tags_of_their_own_open(tmp_path: Path) -> None:
    """Volumes bring theirs along; the tables were listed, and their tags are not known."""
    judged = audit(with_a_table(), tmp_path, faults=[denied("GetResources")])

    assert states(judged, "DynamoDB") == {"PARTLY": 1, "READ": 1}
    assert states(judged, "EBS") == {"READ": 2}


@pytest.mark.parametrize(
    ("operation", "partly"),
    [("GetBackupPlan", "plans"), ("GetBackupSelection", "plans"), ("DescribeTable", "DynamoDB")],
)
def test_what_was_listed_but_not_told_in_full_was_read_in_part(
    tmp_path: Path, operation: str, partly: str
) -> None:
    """One thing alone was asked for and refused; the other kinds were read."""
    judged = audit(with_a_table(), tmp_path, faults=[denied(operation)])

    found = {kind: states(judged, kind) for kind in ("plans", "DynamoDB", "EBS")}
    assert found == {kind: {"PARTLY": 1, "READ": 1} if kind == partly else {"READ": 2} for kind in found}
    assert scope(judged)["accounts"] == {"listed": 1, "PARTLY": 1}


def test_an_organization_that_does_not_say_its_accounts_is_not_one_of_none(tmp_path: Path) -> None:
    """That is said on page one, and nothing is counted as left out."""
    judged = audit(ten_accounts(), tmp_path, faults=[denied("ListAccounts")], formats=["html", "json"])

    assert scope(judged)["accounts"] == {"listed": None, "READ": 1}
    assert "How many accounts the organization has is not known" in page(judged)


def test_of_many_accounts_those_with_the_same_states_share_a_row(tmp_path: Path) -> None:
    """The matrix stays short, says how many are named, and the CSV has each place."""
    world = standing(keep=14)
    for number in range(60):
        world.account(f"7{number:011d}", f"team-{number:02d}")

    judged = audit(world, tmp_path, accounts=[ACCOUNT], formats=["html", "csv", "json"])

    assert [(row["account_count"], {*row["states"]}) for row in scope(judged)["rows"]] == [
        (60, {"LEFT_OUT"}),
        (1, {"READ", "NOT_NEEDED"}),
    ]
    assert len({row["account_id"] for row in rows(judged, "scope.csv")}) == 61
    assert "4 of 61 accounts shown by name" in page(judged)


def test_exempt_resources_stand_with_their_tier_and_reason(tmp_path: Path) -> None:
    """By tag and by organizational unit; what needs a backup is not among them."""
    world = standing(keep=14)
    by_tag = world.volume("vol-scratch", Tags=[{"Key": "backup", "Value": "no"}])
    world.account(OTHERS[0], "sandbox", ou_path=("Sandbox",))
    by_unit = world.volume("vol-play", account_id=OTHERS[0])

    judged = audit(world, tmp_path, tiers=TIERS, accounts="organization", formats=["csv", "json"])

    assert scope(judged)["exempt"] == {
        "count": 2,
        "groups": 2,
        "shown": [
            {"tier": "none", "reason": "organizational unit Sandbox", "count": 1, "shown": [by_unit]},
            {"tier": "none", "reason": "tag backup=no", "count": 1, "shown": [by_tag]},
        ],
    }
    assert {row["arn"]: row["reason"] for row in rows(judged, "exempt.csv")} == {
        by_tag: "tag backup=no",
        by_unit: "organizational unit Sandbox",
    }
    assert judged.document["summary"]["resources_exempt"] == 2


def test_a_resource_that_is_exempt_in_any_unit_says_so(tmp_path: Path) -> None:
    """Its account's unit was not told; an assignment that does not matter is not named as the reason."""
    tiers = {**TIERS, "default": "none"}

    judged = audit(standing(keep=14), tmp_path, tiers=tiers, faults=[denied("ListRoots")], formats=["json"])

    (group,) = scope(judged)["exempt"]["shown"]
    assert (group["count"], group["reason"]) == (
        1,
        "every assignment that may match leads to it",
    )


def test_every_type_is_read_and_the_limits_are_said(two_of_ten: Judgement) -> None:
    """A list of types that are not looked at, without one, is not there."""
    assert scope(two_of_ten)["unexamined"]["types"] == []
    assert "Types of resources, each with" not in page(two_of_ten)
    assert any("30 days" in limit for limit in scope(two_of_ten)["limits"])
