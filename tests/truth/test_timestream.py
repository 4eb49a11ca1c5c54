"""Tables of Timestream: listed by database, tagged by the tagging API, absent of who is no customer."""

from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, HOME, SINCE, World, standing
from tests.loopback.world import Item, Place, Refused
from tests.truth.test_scope_part import states

PREFIX = f"arn:aws:timestream:{HOME}:{ACCOUNT}:database"
KEY = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/customer"
CLOSED = "Only existing Timestream for LiveAnalytics customers can access the service."


def with_tables() -> World:
    """Three databases, of which one is empty, and a table that is being deleted."""
    world = standing(14)
    for name in ("metrics", "rooms", "empty"):
        world.resource("Timestream", Arn=f"{PREFIX}/{name}", DatabaseName=name, KmsKeyId=KEY)
    tables = {"metrics": ("a", "b", "c", "gone"), "rooms": ("a",)}

    def listed(_place: Place, given: Any) -> Item:
        database = given["DatabaseName"]
        return {
            "Tables": [
                {
                    "Arn": f"{PREFIX}/{database}/table/{name}",
                    "TableName": name,
                    "DatabaseName": database,
                    "TableStatus": "DELETING" if name == "gone" else "RESTORING",
                    "CreationTime": SINCE,
                }
                for name in tables.get(database, ())
            ]
        }

    world.operations["timestream-write", "ListTables"] = listed
    world.at().tags |= {
        f"{PREFIX}/metrics": {"team": "blue"},
        f"{PREFIX}/metrics/table/a": {"team": "red"},
        f"{PREFIX}/metrics/table/b": {},
    }
    return world


def tables(judged: Judgement) -> dict[str, Item]:
    """The tables of the evidence, by the end of their ARN."""
    rows = Evidence.open(judged.run).read("resources", ACCOUNT, HOME).to_pylist()
    return {row["arn"].removeprefix(PREFIX): row for row in rows if row["resource_type"] == "Timestream"}


def test_tables_come_page_by_page_each_with_its_own_tags(tmp_path: Path) -> None:
    """Those of its database are none of them; who was never tagged has none, as who is no longer."""
    world = with_tables()
    world.page_size = 2

    judged = audit(world, tmp_path, regions=[HOME])

    found = tables(judged)
    assert {name: row["tags"] for name, row in found.items()} == {
        "/metrics/table/a": [("team", "red")],
        "/metrics/table/b": [],
        "/metrics/table/c": [],
        "/rooms/table/a": [],
    }
    assert found["/metrics/table/a"] == {
        "arn": f"{PREFIX}/metrics/table/a",
        "resource_type": "Timestream",
        "name": "a",
        "created_at": SINCE,
        "tags": [("team", "red")],
        "encrypted": True,
        "kms_key_arn": KEY,
        "attached": None,
        "running": None,
        "file_system_type": None,
    }
    asked = [call.operation for call in judged.calls if call.service == "timestream-write"]
    assert {name: asked.count(name) for name in asked} == {"ListDatabases": 2, "ListTables": 4}
    assert judged.gaps == []
    assert judged.verdict("BKP-COV-001", f"{PREFIX}/rooms/table/a") == "NON_COMPLIANT"


@pytest.mark.long
@pytest.mark.parametrize(
    ("message", "state", "gaps"),
    [
        (CLOSED, {"READ": 1}, 0),
        ("Not authorized to perform timestream:ListDatabases", {"DENIED": 1}, 1),
    ],
)
def test_an_account_that_is_no_customer_has_no_table(
    tmp_path: Path, message: str, state: dict[str, int], gaps: int
) -> None:
    """AWS refuses it in the words of a permission that is missing; a role without the permission is a gap."""
    world = standing(14)

    def refuse(_place: Place, _given: Any) -> Item:
        raise Refused("AccessDeniedException", message, 403)

    world.operations["timestream-write", "ListDatabases"] = refuse

    judged = audit(world, tmp_path, regions=[HOME])

    assert (states(judged, "Timestream"), len(judged.gaps)) == (state, gaps)


@pytest.mark.long
@pytest.mark.parametrize(
    ("operation", "shown", "state"), [("ListTables", 0, "DENIED"), ("GetResources", 4, "PARTLY")]
)
def test_what_is_refused_of_tables_leaves_them_open(
    tmp_path: Path, operation: str, shown: int, state: str
) -> None:
    """Without the tables there may be more of them, and without tags their tiers are not known."""
    tiers = {
        "tiers": {"none": {"required": False}},
        "assignment": [{"tags": {"team": "red"}, "tier": "none"}],
        "default": "none",
    }
    judged = audit(with_tables(), tmp_path, regions=[HOME], tiers=tiers, faults=[denied(operation)])

    assert [row["tags"] for row in tables(judged).values()] == [None] * shown
    assert states(judged, "Timestream") == {state: 1}
