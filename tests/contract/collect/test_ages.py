"""Since when a resource exists, where its listing does not tell, and what is being made or deleted."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback import faults
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, START, World, nights, standing
from tests.loopback.world import Place, Refused

TABLES = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table"
YOUNG = AS_OF - timedelta(minutes=5)
OLD = AS_OF - timedelta(days=90)


def table(world: World, name: str, created: datetime = OLD, **members: Any) -> str:
    """Add a DynamoDB table and give its ARN."""
    document = {"TableName": name, "TableStatus": "ACTIVE", "CreationDateTime": created, **members}
    world.at().tables.append(document)
    return f"{TABLES}/{name}"


def created(judged: Judgement) -> dict[str, datetime | None]:
    """The creation of each resource by name, as the evidence has it."""
    rows = Evidence.open(judged.run).read("resources", ACCOUNT, HOME, ["name", "created_at"]).to_pylist()
    return {row["name"]: row["created_at"] for row in rows if row["name"]}


def described(judged: Judgement) -> list[str]:
    """The tables that were described."""
    return [call.parameters["TableName"] for call in judged.calls if call.operation == "DescribeTable"]


def test_a_table_without_an_old_sign_is_described(tmp_path: Path) -> None:
    """Its creation tells its age; one that was named on the first day or before is not asked for."""
    world = standing(35)
    first_day = START + timedelta(days=1)
    table(world, "unheard", YOUNG)
    world.night(first_day + timedelta(milliseconds=1), 1, table(world, "job-later"))
    world.point(first_day + timedelta(milliseconds=1), table(world, "point-later"), 90)
    world.night(first_day, 1, table(world, "job-only"))
    world.point(first_day, table(world, "point-only"), 90)

    judged = audit(world, tmp_path)

    assert described(judged) == ["job-later", "point-later", "unheard"]
    assert created(judged) == {
        "unheard": YOUNG, "job-later": OLD, "point-later": OLD, "job-only": None, "point-only": None,
    }  # fmt: skip
    assert judged.gaps == []


def test_calls_do_not_grow_with_tables_that_are_backed_up(tmp_path: Path) -> None:
    """Three hundred old tables, backed up every night: none is described."""
    world = standing(35)
    for number in range(300):
        arn = table(world, f"table-{number:03}")
        for night in nights():
            world.job(night, arn)
    assert described(audit(world, tmp_path)) == []


def test_a_table_that_is_minutes_old_has_missed_nothing(tmp_path: Path) -> None:
    """No job, no recovery point: what it is blamed for is not 720 hours."""
    world = standing(35)
    young = table(world, "young", YOUNG)
    old = table(world, "old", OLD)
    judged = audit(world, tmp_path)
    assert judged.verdict("BKP-FRQ-001", young) != "NON_COMPLIANT"
    assert judged.verdict("BKP-FRQ-001", old) == "NON_COMPLIANT"


def test_a_table_that_is_being_deleted_is_left_out(tmp_path: Path) -> None:
    """Like a terminated instance; so is one that went after the list was read."""
    world = standing(35)
    table(world, "going", TableStatus="DELETING")
    table(world, "gone")
    table(world, "staying", YOUNG)
    known = {item["TableName"]: item for item in world.at().tables}

    def describe(_place: Place, given: Any) -> Any:
        if given["TableName"] == "gone":
            raise Refused("ResourceNotFoundException")
        return {"Table": known[given["TableName"]]}

    world.operations["dynamodb", "DescribeTable"] = describe
    judged = audit(world, tmp_path)
    assert (created(judged), judged.gaps) == ({"staying": YOUNG}, [])


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.denied("DescribeTable"), "AccessDeniedException"),
        (faults.body("DescribeTable", b'{"Table": {"TableStatus": "ACTIVE"}}'), "Unreadable"),
        (faults.body("DescribeTable", b'{"Table": null}'), "Unreadable"),
    ],
)
def test_an_age_that_is_not_told_is_a_gap_and_hides_no_table(
    tmp_path: Path, fault: faults.Fault, error: str
) -> None:
    """The table is there, nothing else is unknown, and it is blamed for nothing."""
    world = standing(35)
    arn = table(world, "orders", OLD)
    judged = audit(world, tmp_path, faults=[fault])
    assert [(gap["operation"], gap["error"]) for gap in judged.gaps] == [("DescribeTable", error)]
    assert created(judged) == {"orders": None}
    assert judged.verdict("BKP-COV-001", arn) == "NON_COMPLIANT"
    assert judged.verdict("BKP-FRQ-001", arn) == "INSUFFICIENT_DATA"
    assert judged.exit_code == 3


@pytest.mark.parametrize(
    ("state", "found"), [("available", True), ("creating", True), ("deleting", False), ("stopped", True)]
)
def test_databases_that_are_being_made_or_deleted(tmp_path: Path, state: str, *, found: bool) -> None:
    """One in `creating` has no creation time yet; one in `deleting` is left out, whatever its kind."""
    world = standing(35)
    prefix = f"arn:aws:rds:{HOME}:{ACCOUNT}"
    made = {} if state == "creating" else {"InstanceCreateTime": OLD}
    world.at().db_instances.append(
        {
            "DBInstanceIdentifier": "one",
            "DBInstanceArn": f"{prefix}:db:one",
            "DBInstanceStatus": state,
            **made,
        }
    )
    made = {} if state == "creating" else {"ClusterCreateTime": OLD}
    for name, engine in (("two", "aurora-mysql"), ("three", "mysql")):
        world.at().db_clusters.append(
            {"DBClusterIdentifier": name, "DBClusterArn": f"{prefix}:cluster:{name}", "Status": state,
             "Engine": engine, **made}
        )  # fmt: skip
    when = None if state == "creating" else OLD
    assert created(audit(world, tmp_path)) == (dict.fromkeys(("one", "two", "three"), when) if found else {})
