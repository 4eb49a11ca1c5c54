"""Stacks of CloudFormation: listed with their tags, and backed up where their whole composite is."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, SINCE, World, nights, standing
from tests.truth.test_scope_part import states

PREFIX = f"arn:aws:cloudformation:{HOME}:{ACCOUNT}:stack"
SHOP = f"{PREFIX}/shop/0f5d"


def stack(world: World, name: str, **members: Any) -> str:
    """Add a stack as DescribeStacks writes it, and give its ARN."""
    document: dict[str, Any] = {
        "StackId": f"{PREFIX}/{name}/0f5d",
        "StackName": name,
        "CreationTime": SINCE,
        "StackStatus": "CREATE_COMPLETE",
        "Tags": [{"Key": "team", "Value": "blue"}],
    }
    world.resource("CloudFormation", **document | members)
    return str(document["StackId"])


def backed_up(composite: str) -> World:
    """A stack in the plan, backed up each night: its template well, its composite as said."""
    world = standing(14)
    world.selection(Resources=[stack(world, "shop")])
    for night in nights():
        whole: dict[str, Any] = {"ResourceType": "CloudFormation", "IsParent": True}
        job = world.job(night, SHOP, State=composite, **whole)
        point = world.point(night, SHOP, Status=composite, **whole)
        part = world.night(
            night, resource=SHOP, ResourceType="CloudFormation", ParentJobId=job["BackupJobId"]
        )
        job["RecoveryPointArn"] = point["RecoveryPointArn"]
        assert part["IsParent"] is False
    return world


def test_stacks_come_page_by_page_and_nested_ones_with_their_root(tmp_path: Path) -> None:
    """A state that nobody knows yet is there; one under review has nothing yet, and what goes is gone."""
    world = standing(14)
    there = ("CREATE_COMPLETE", "ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS", "DELETE_FAILED", "TOMORROW")
    for state in (*there, "DELETE_IN_PROGRESS", "DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
        stack(world, state, StackStatus=state)
    nested = stack(world, "nested", ParentId=SHOP, RootId=SHOP)
    gone = world.point(AS_OF - timedelta(days=1), nested, None, ResourceType="CloudFormation")
    world.page_size = 3

    judged = audit(world, tmp_path)

    rows = Evidence.open(judged.run).read("resources", ACCOUNT, HOME).to_pylist()
    assert [row for row in rows if row["resource_type"] == "CloudFormation"] == [
        {
            "arn": f"{PREFIX}/{state}/0f5d",
            "resource_type": "CloudFormation",
            "name": state,
            "created_at": SINCE,
            "tags": [("team", "blue")],
            **dict.fromkeys(("encrypted", "kms_key_arn", "attached", "running", "file_system_type")),
        }
        for state in there
    ]
    assert [gap["error"] for gap in judged.gaps] == ["LeftOut"]  # the nested one may be there or not
    assert sum(call.operation == "DescribeStacks" and call.region == HOME for call in judged.calls) == 3
    assert judged.verdict("BKP-COV-001", f"{PREFIX}/TOMORROW/0f5d") == "NON_COMPLIANT"
    assert judged.verdict("BKP-RET-007", gone["RecoveryPointArn"]) != "NON_COMPLIANT"


@pytest.mark.long
@pytest.mark.parametrize(
    ("composite", "verdicts"),
    [("COMPLETED", ["COMPLIANT"] * 3), ("PARTIAL", ["COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT"])],
)
def test_the_template_alone_is_no_backup_of_a_stack(
    tmp_path: Path, composite: str, verdicts: list[str]
) -> None:
    """Where the composite lacks something, the stack has no backup, though its template has one."""
    judged = audit(backed_up(composite), tmp_path, regions=[HOME])

    controls = ("BKP-COV-001", "BKP-FRQ-001", "BKP-FRQ-002")
    assert [judged.verdict(one, SHOP) for one in controls] == verdicts


@pytest.mark.long
def test_a_refusal_in_one_region_is_a_gap_there(tmp_path: Path) -> None:
    """Nothing is said of stacks there, and all other types are read."""
    judged = audit(standing(14), tmp_path, faults=[denied("DescribeStacks", region=HOME)])

    assert [(gap["service"], gap["operation"], gap["region"]) for gap in judged.gaps] == [
        ("cloudformation", "DescribeStacks", HOME)
    ]
    assert states(judged, "CloudFormation") == {"DENIED": 1, "READ": 1}
