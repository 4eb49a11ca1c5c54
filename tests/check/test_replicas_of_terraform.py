"""Replicas of a table of DynamoDB in a plan of Terraform are tables of other Regions."""

from pathlib import Path
from typing import Any

import pytest

from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from tests.check.conftest import Check, messages
from tests.check.terraform import ACCOUNT, REGION, Json, Later, Plan, backup_plan, by_tag, selection
from tests.check.test_check_command import written

COVERED = "BKP-COV-001"
TABLE, REPLICA, PARIS = "aws_dynamodb_table.orders", "aws_dynamodb_table_replica.orders", "eu-west-3"
BLOCK = f"{TABLE} replica {PARIS}"
GOLD, SILVER = {"backup-tier": "gold"}, {"backup-tier": "silver"}
FOUND, OPEN = "NON_COMPLIANT", "INSUFFICIENT_DATA"


def arn(region: str) -> str:
    """The ARN of the table of a Region."""
    return f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/orders"


def block(region: Any = PARIS, *, tagged: Any = True) -> Json:
    """A block as the provider has it."""
    return {"region_name": region, "propagate_tags": tagged, "point_in_time_recovery": False}


def table(*, blocks: Any = (), tags: Json | None = None, **more: Any) -> Plan:
    """A gold table, and plans that select gold in its Region and silver in Paris."""
    plan = selection(backup_plan(Plan(), "gold"), "gold", "gold", selection_tag=by_tag("gold"))
    backup_plan(plan, "paris", region=PARIS)
    selection(plan, "paris", "paris", selection_tag=by_tag("silver"), region=PARIS)
    own = GOLD if tags is None else tags
    listed = blocks if isinstance(blocks, Later) else list(blocks)
    values = {"name": "orders", "arn": Later(arn(REGION)), "replica": listed, "tags": own, "tags_all": own}
    return plan.add(TABLE, **{**values, **more})


def replica(plan: Plan, tags: Json, **more: Any) -> Plan:
    """A replica that is a resource of its own, in Paris."""
    of = {"global_table_arn": Later(arn(REGION), [f"{TABLE}.arn"]), "arn": Later(arn(PARIS)), **more}
    return plan.add(REPLICA, region=PARIS, tags=tags, tags_all=tags, **of)


def covered(check: Check, document: Json) -> dict[str, str]:
    """What BKP-COV-001 says of each address that does not pass."""
    entries = check(document, account=ACCOUNT).entries
    return {one.declaration.address: str(one.verdict) for one in entries if one.control_id == COVERED}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (table(), {}),
        (table(blocks=[block()]), {BLOCK: FOUND}),
        (table(blocks=[block()], tags=SILVER), {TABLE: FOUND}),
        (table(blocks=[block(tagged=False)]), {BLOCK: OPEN}),
        (table(blocks=[block(tagged=None), block("eu-central-1")]), {
            BLOCK: OPEN, f"{TABLE} replica eu-central-1": FOUND,
        }),
        (replica(table(), SILVER), {}),
        (replica(table(), GOLD), {REPLICA: FOUND}),
        (replica(table(blocks=[block(tagged=False)]), SILVER), {}),
    ],
    ids=["none", "tagged", "tagged-silver", "untagged", "two", "own", "own-gold", "own-and-block"],
)  # fmt: skip
def test_a_replica_is_judged_where_it_lies(check: Check, plan: Plan, said: dict[str, str]) -> None:
    """By its own tags and the plans there, in the first plan as in the second."""
    assert covered(check, plan.first()) == covered(check, plan.second()) == said


def test_the_reason_says_what_hides_the_tags(check: Check) -> None:
    """So that one can tell what to write."""
    result = check(table(blocks=[block(tagged=False)]).first(), account=ACCOUNT)

    assert f"the tags of the replica in {PARIS} are not written: its propagate_tags is not true" in messages(
        result
    )


@pytest.mark.parametrize("odd", ["", None, {"a": 1}])
def test_what_is_not_known_is_not_looked_at_and_counted(check: Check, odd: Any) -> None:
    """A Region, all blocks, or the table of a replica; odd values of blocks are no crash."""
    plan = replica(table(blocks=Later([])), SILVER, global_table_arn=odd)
    assert check(plan.first()).not_looked_at == {
        "aws_dynamodb_table replica": 1,
        REPLICA.partition(".")[0]: 1,
    }
    region = table(blocks=[block(odd, tagged=odd), odd])
    assert check(region.first()).not_looked_at == {"aws_dynamodb_table replica": 2}


def test_recovery_and_what_was_before_are_those_of_the_replica(tmp_path: Path) -> None:
    """One that is added was nothing; one that goes is gone."""
    after = [{**block(), "point_in_time_recovery": True}, block("eu-central-1")]
    before = {"name": "orders", "arn": arn(REGION), "replica": [block()]}
    plan = table(blocks=after, arn=arn(REGION))
    plan.changes[-1]["change"] |= {"actions": ["update"], "before": before}
    plan.add(REPLICA, ["delete"], before={"arn": arn("eu-north-1")})

    (reading,) = read_inputs((written(tmp_path / "plan.json", plan.first()),), Assumed(ACCOUNT)).readings

    found = {one.place.region: one for one in reading.resources}
    assert {
        region: (one.prior and one.prior.key, one.native[0].enabled) for region, one in found.items()
    } == {
        REGION: (arn(REGION), False),
        PARIS: (arn(PARIS), True),
        "eu-central-1": ("", False),
    }
    assert {one.arn for one in found.values()} == {arn(one) for one in (REGION, PARIS, "eu-central-1")}
    assert [(one.kind, one.key) for one in reading.removed] == [("resource", arn("eu-north-1"))]
