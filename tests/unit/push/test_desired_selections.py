"""The selections that are pushed give each resource exactly its tier's plan."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from auditor.derive.selection import AbsentTag, SelectionAnswer, SelectionSettings, decide
from auditor.derive.tiers import TierBasis, possible_tiers
from auditor.model.organization import Account, Resource
from auditor.model.plans import Selection
from auditor.model.policy import TierAssignment, Tiers
from auditor.model.resource_types import RESOURCE_TYPES
from auditor.push.desired import Desired

TIERS = ("gold", "silver", "bronze", "exempt")
UNITS = ("Production", "Development", "Shop")
KEYS = ("backup-tier", "Backup-Tier", "app")
VALUES = ("gold", "Gold", "silver", "")

tags = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))
entries = st.fixed_dictionaries(
    {"tier": st.sampled_from(TIERS)},
    optional={
        "tags": tags,
        "organizational_units": st.lists(st.sampled_from(UNITS), max_size=2, unique=True),
        "accounts": st.sampled_from([["111122223333"], ["444455556666"]]),
        "resource_types": st.sampled_from(
            [["EBS"], ["S3", "EBS"], ["Aurora", "DocumentDB", "Neptune", "RDS"]]
        ),
    },
)
Outcomes = dict[str, list[SelectionAnswer]]
ARNS = {
    "EBS": "ec2:eu-central-1:111122223333:volume/vol-1",
    "S3": "s3:::bucket",
    "RDS": "rds:eu-central-1:111122223333:db:one",
    "Neptune": "rds:eu-central-1:111122223333:cluster:one",
    "EFS": "elasticfilesystem:eu-central-1:111122223333:file-system/fs-1",
}
OPTED_IN = dict.fromkeys(RESOURCE_TYPES, True)


def outcomes(
    desired: Desired, kind: str, resource_tags: Mapping[str, str], absent: AbsentTag
) -> dict[str, list[SelectionAnswer]]:
    """Every selection's decision on a resource of a type with these tags, by plan."""
    volume = Resource(f"arn:aws:{ARNS[kind]}", "111122223333", "eu-central-1", kind, tags=resource_tags)
    found: Outcomes = {}
    for row in desired.selections:
        selection = Selection.from_document(row["document"], plan_id=row["plan"], selection_id="")
        decision = decide(volume, selection, opted_in=OPTED_IN, settings=SelectionSettings(absent_tag=absent))
        found.setdefault(row["plan"], []).append(decision.outcome)
    return found


@pytest.mark.long
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    assignment=st.lists(entries, max_size=5),
    default=st.sampled_from(TIERS),
    path=st.lists(st.sampled_from(UNITS), max_size=3),
    resources=st.lists(st.tuples(st.sampled_from([*ARNS]), tags), min_size=1, max_size=8),
)
def test_a_resource_is_selected_by_its_tiers_plan_once_and_by_no_other(
    ask: Callable[..., Desired],
    catalogue: Any,
    assignment: list[dict[str, Any]],
    default: str,
    path: list[str],
    resources: list[tuple[str, dict[str, str]]],
) -> None:
    """For any assignment, units and resources: one selection of the tier's plan, and none if it is exempt."""
    document = {"tiers": catalogue.data["tiers"]["tiers"], "assignment": assignment, "default": default}
    tiers = Tiers(document["tiers"], tuple(map(TierAssignment.of, assignment)), default)
    desired = ask(Account("111122223333", "shop", "aws", tuple(path)), tiers=document)
    assume(not desired.problems)
    for kind, resource_tags in resources:
        known = TierBasis(
            tuple(resource_tags.items()), ou_path=tuple(path), account_id="111122223333", resource_type=kind
        )
        (tier,) = possible_tiers(known, tiers)
        found = outcomes(desired, kind, resource_tags, AbsentTag.HOLDS)
        selected = {
            plan: answers.count(SelectionAnswer.SELECTED)
            for plan, answers in found.items()
            if SelectionAnswer.SELECTED in answers
        }
        assert selected == ({} if tier == "exempt" else {f"backup-{tier}": 1})
        careful = outcomes(desired, kind, resource_tags, AbsentTag.INDETERMINATE)
        decided = {plan for plan, answers in careful.items() if SelectionAnswer.SELECTED in answers}
        assert decided <= set(selected), "an absent tag leaves a decision open and never makes it wrong"


def test_the_shipped_assignment_ends_with_what_has_no_tag(ask: Callable[..., Desired]) -> None:
    """Resources without a tier's tag are silver in an account below Production and bronze in any other."""
    produced = {
        unit: [
            (row["plan"], row["document"]["SelectionName"])
            for row in ask(Account("111122223333", "shop", "aws", ("Workloads", unit))).selections
        ]
        for unit in ("Production", "Development")
    }
    tagged = [
        ("backup-gold", "gold-2-1"),
        ("backup-silver", "silver-3-1"),
        ("backup-bronze", "bronze-4-1"),
    ]
    assert produced == {
        "Production": [*tagged, ("backup-silver", "silver-5-1")],
        "Development": [*tagged, ("backup-bronze", "bronze-5-1")],
    }
