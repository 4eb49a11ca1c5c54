"""Documents of AWS that are not as they should be: a gap of what hangs on them, and never an error."""

from dataclasses import replace
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.evaluate.configuration import plans_in, selections_in
from auditor.evidence.table_schemas import TABLES
from auditor.model.documents import UnreadableDocument
from auditor.model.plans import BackupPlan, Lifecycle, Selection
from tests.unit.evaluate.conftest import World

RULE = {"RuleName": "nightly", "TargetBackupVaultName": "main"}
PLAN_GAP, SELECTION_GAP = ("GetBackupPlan", "Unreadable"), ("GetBackupSelection", "Unreadable")


@pytest.mark.parametrize(
    "rule",
    [
        {"CopyActions": None},
        {"Lifecycle": None},
        {"Lifecycle": {"DeleteAfterDays": None}},
        {"ScheduleExpression": None, "ScheduleExpressionTimezone": None},
        {"StartWindowMinutes": None, "CompletionWindowMinutes": None},
        {"RuleName": None, "RuleId": None},
        {"EnableContinuousBackup": None, "TargetLogicallyAirGappedBackupVaultArn": None},
        {"CopyActions": [{"DestinationBackupVaultArn": "arn", "Lifecycle": None}]},
    ],
)
def test_what_is_null_is_absent(rule: dict[str, Any]) -> None:
    """The same rule as without it."""
    kept = {key: value for key, value in rule.items() if key == "CopyActions" and value}
    plain = {**RULE, **kept}
    if "RuleName" in rule:
        del plain["RuleName"]
    assert BackupPlan.rules_of({"Rules": [{**RULE, **rule}]}) == BackupPlan.rules_of({"Rules": [plain]})


def test_a_plan_without_rules_has_none() -> None:
    """The list is there and empty."""
    assert BackupPlan.rules_of({"Rules": []}) == ()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "the plan is not an object"),
        (None, "Rules is missing"),
        ({}, "Rules is missing"),
        ({"Rules": None}, "Rules is missing"),
        ({"Rules": 7}, "Rules is not a list"),
        ({"Rules": [None]}, "TargetBackupVaultName is missing"),
        ({"Rules": ["nightly"]}, "a rule is not an object"),
        ({"Rules": [{**RULE, "TargetBackupVaultName": None}]}, "TargetBackupVaultName is missing"),
        ({"Rules": [{**RULE, "StartWindowMinutes": "60"}]}, "StartWindowMinutes is not a whole number"),
        ({"Rules": [{**RULE, "StartWindowMinutes": 60.5}]}, "StartWindowMinutes is not a whole number"),
        ({"Rules": [{**RULE, "StartWindowMinutes": -1}]}, "StartWindowMinutes is -1"),
        ({"Rules": [{**RULE, "Lifecycle": {"DeleteAfterDays": True}}]}, "DeleteAfterDays is not a whole"),
        ({"Rules": [{**RULE, "Lifecycle": {"DeleteAfterDays": -2}}]}, "DeleteAfterDays is not a whole"),
        ({"Rules": [{**RULE, "Lifecycle": {"DeleteAfterDays": 0}}]}, "DeleteAfterDays is 0"),
        ({"Rules": [{**RULE, "Lifecycle": {"DeleteAfterDays": 1e30}}]}, "DeleteAfterDays is not a whole"),
        ({"Rules": [{**RULE, "CopyActions": {}}]}, "CopyActions is not a list"),
        ({"Rules": [{**RULE, "CopyActions": [{}]}]}, "DestinationBackupVaultArn is missing"),
        ({"Rules": [{**RULE, "EnableContinuousBackup": "yes"}]}, "is neither true nor false"),
        ({"Rules": [{**RULE, "ScheduleExpression": 5}]}, "ScheduleExpression is not a text"),
    ],
)
def test_a_plan_that_cannot_be_understood_says_what_in_it(document: Any, said: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(UnreadableDocument, match=said):
        BackupPlan.rules_of(document)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("all", "the selection is not an object"),
        ({"Resources": "*"}, "Resources is not a list"),
        ({"Resources": [None]}, "an entry of Resources is missing"),
        ({"ListOfTags": [{"ConditionKey": "a"}]}, "ConditionValue is missing"),
        ({"ListOfTags": [{"ConditionType": "STRINGLIKE", "ConditionKey": "a", "ConditionValue": "b"}]},
         "ConditionType is STRINGLIKE"),
        ({"Conditions": {"StringFoo": [{"ConditionKey": "a", "ConditionValue": "b"}]}}, "operator StringFoo"),
        ({"Conditions": {"StringLike": [{"ConditionValue": "b"}]}}, "ConditionKey is missing"),
        ({"Conditions": []}, "Conditions is not an object"),
    ],
)  # fmt: skip
def test_a_selection_that_cannot_be_understood_says_what_in_it(document: Any, said: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(UnreadableDocument, match=said):
        Selection.from_document(document, plan_id="p", selection_id="s")


@pytest.mark.parametrize("nulls", [{}, {"Conditions": None, "NotResources": None, "ListOfTags": None}])
def test_a_selection_of_nulls_is_one_without(nulls: dict[str, None]) -> None:
    """What is null is absent."""
    read = Selection.from_document({"Resources": ["*"], **nulls}, plan_id="p", selection_id="s")
    assert read == Selection("s", "", "p", "", resources=("*",))


def test_a_lifecycle_for_ever() -> None:
    """Absent, null and -1; one day is the shortest."""
    for document in (None, {}, {"DeleteAfterDays": None}, {"DeleteAfterDays": -1}):
        assert Lifecycle.from_document(document) == Lifecycle()
    assert Lifecycle.from_document({"DeleteAfterDays": 1}) == Lifecycle(1)


def test_one_odd_plan_leaves_open_what_hangs_on_it_alone(world: World) -> None:
    """The other plan and what it selects are judged; what the odd one selects may be protected by it."""
    world.tiers = replace(world.tiers, default="gold")
    world.plan()
    other = f"{world.volume}b"
    world.add("resources", arn=other, resource_type="EBS", tags={"tier": "other"})
    world.add("backup_plans", plan_id="p2", arn="arn:p2", name="p2", version_id="v1", valid_from=world.start,
              document=orjson.dumps({"Rules": [{"RuleName": "x"}]}).decode())  # fmt: skip
    world.select("p2", Resources=[other])
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    sure, odd = world.facts("plan")
    assert ("rules" in sure["plan"], "rules" in odd["plan"]) == (True, False)
    assert [world.unknown("plan", path) for path in ("plan.rules", "tiers", "cadences", "lifecycles")] == [
        [], [], [], []
    ]  # fmt: skip
    assert [world.unknown("plan", path, 1) for path in ("plan.rules", "lifecycles")] == [
        [(*PLAN_GAP, False)],
        [(*PLAN_GAP, True)],
    ]
    first, second = world.facts("resource")
    assert (first["protection"]["selected"], "selected" in second["protection"]) == (True, False)
    assert world.unknown("resource", "protection.selected", 1) == [(*PLAN_GAP, False)]
    assert world.facts("vault")[0]["vault"]["demanded_lock"] == "compliance"


def test_one_odd_selection_leaves_open_what_its_plan_selects(world: World) -> None:
    """What another selection of the plan selects is sure."""
    world.tiers = replace(world.tiers, default="gold")
    world.plan()
    world.add("resources", arn=f"{world.volume}b", resource_type="EBS", tags={"tier": "other"})
    world.add("backup_selections", plan_id="p1", selection_id="s9", created_at=world.start, name="odd",
              document='["everything"]')  # fmt: skip
    first, second = world.facts("resource")
    assert (first["protection"]["selected"], "selected" in second["protection"]) == (True, False)
    assert world.unknown("resource", "protection.selected", 1) == [(*SELECTION_GAP, False)]
    assert "cannot be understood: the selection is not an object" in " ".join(
        second["protection"]["explanation"]
    )


@pytest.mark.parametrize(("tier", "unknown"), [("gold", [(*PLAN_GAP, True)]), ("none", [])])
def test_an_odd_plan_may_lead_its_tier_into_any_vault(world: World, tier: str, unknown: list[Any]) -> None:
    """A vault's lock is open where the plan selects something that demands one."""
    world.tables["resources", world.home][0]["tags"] = {"tier": tier}
    world.add("backup_plans", plan_id="p2", arn="arn:p2", name="p2", version_id="v1", valid_from=world.start,
              document="7")  # fmt: skip
    world.select("p2", Resources=["*"])
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    assert world.unknown("vault", "vault.demanded_lock") == unknown


@pytest.mark.parametrize(
    ("ends", "kept", "unknown"),
    [
        ({"min_retention_days": -1, "max_retention_days": 90}, {"max_retention_days": 90}, True),
        ({"min_retention_days": 0, "max_retention_days": -7}, {"min_retention_days": 0}, True),
        ({"min_retention_days": 0, "max_retention_days": 90},
         {"min_retention_days": 0, "max_retention_days": 90}, False),
    ],
)  # fmt: skip
def test_an_end_of_a_range_that_cannot_be_is_unknown(
    world: World,
    ends: dict[str, Any],
    kept: dict[str, int],
    unknown: bool,  # noqa: FBT001 -- a fact
) -> None:
    """The other end is sure; the lock itself is known."""
    world.plan()
    world.add("backup_vaults", arn=world.vault, name="main", locked=True, **ends)
    assert world.facts("plan")[0]["lifecycles"][0]["lock"] == {"mode": "governance", **kept}
    gaps = [("ListBackupVaults", "Unreadable", True)] if unknown else []
    assert world.unknown("plan", "lifecycles") == gaps
    lock = {"mode": "governance", "in_force": True, "compliance_in_force": False}
    assert world.facts("vault")[0]["vault"]["lock"] == lock | kept


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
CRON = st.sampled_from(["cron(0 1 * * ? *)", "rate(1 day)", "cron(0 0 31 2 ? *)", "", "cron()"])
LIFECYCLE = st.fixed_dictionaries({}, optional={"DeleteAfterDays": st.integers(-1, 40) | JSON,
                                                "MoveToColdStorageAfterDays": JSON})  # fmt: skip
ODD_RULE = st.fixed_dictionaries(
    {"TargetBackupVaultName": st.just("main") | JSON},
    optional={
        "RuleName": JSON,
        "RuleId": JSON,
        "ScheduleExpression": CRON | JSON,
        "ScheduleExpressionTimezone": st.sampled_from(["UTC", "Europe/Berlin", "Mars/Olympus"]) | JSON,
        "StartWindowMinutes": st.integers(0, 60_000_000) | JSON,
        "CompletionWindowMinutes": JSON,
        "Lifecycle": LIFECYCLE | JSON,
        "CopyActions": st.lists(st.fixed_dictionaries({"DestinationBackupVaultArn": st.text() | JSON},
                                                      optional={"Lifecycle": LIFECYCLE | JSON})) | JSON,
        "EnableContinuousBackup": JSON,
        "TargetLogicallyAirGappedBackupVaultArn": st.text() | JSON,
    },
)  # fmt: skip
PLANS = JSON | st.fixed_dictionaries({"Rules": JSON | st.lists(ODD_RULE | JSON, max_size=3)})
PAIR = st.fixed_dictionaries({"ConditionKey": st.text() | JSON, "ConditionValue": st.text() | JSON},
                             optional={"ConditionType": st.just("STRINGEQUALS") | JSON})  # fmt: skip
PAIRS = st.lists(PAIR | JSON, max_size=3) | JSON
SELECTIONS = JSON | st.fixed_dictionaries(
    {},
    optional={
        "SelectionName": JSON,
        "IamRoleArn": JSON,
        "Resources": st.lists(st.sampled_from(["*", "arn:aws:ec2:*"]) | st.text(), max_size=3) | JSON,
        "NotResources": st.lists(st.text(), max_size=3) | JSON,
        "ListOfTags": PAIRS,
        "Conditions": JSON | st.dictionaries(st.sampled_from(["StringEquals", "StringNotLike", "x"]), PAIRS),
    },
)


@settings(deadline=None)
@given(PLANS, SELECTIONS)
def test_any_document_is_understood_or_has_a_fault(plan: Any, selection: Any) -> None:
    """Whatever JSON it is."""
    row = {"plan_id": "p", "document": orjson.dumps(plan, option=orjson.OPT_NON_STR_KEYS).decode()}
    (read,) = plans_in(pa.Table.from_pylist([row], schema=TABLES["backup_plans"]), "1", "r", "inherit")
    assert bool(read.fault) <= (read.rules == ())
    row = {"plan_id": "p", "document": orjson.dumps(selection).decode()}
    (chosen,) = selections_in(pa.Table.from_pylist([row], schema=TABLES["backup_selections"]))
    assert bool(chosen.fault) <= (chosen.resources == ())


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PLANS, SELECTIONS, st.booleans())
def test_no_document_ends_an_evaluation(world: World, plan: Any, selection: Any, later: bool) -> None:  # noqa: FBT001 -- Hypothesis gives it
    """Every fact of every subject is made, though a plan and a selection say anything at all."""
    fresh = type(world)(world.folder / str(len(list(world.folder.iterdir()))))
    fresh.folder.mkdir()
    fresh.collected_at = fresh.as_of if not later else fresh.as_of.replace(year=2027)
    fresh.plan()
    fresh.add("backup_plans", plan_id="p2", arn="arn:p2", name="p2", version_id="v1", valid_from=fresh.start,
              document=orjson.dumps(plan).decode())  # fmt: skip
    fresh.add(
        "backup_selections", plan_id="p2", selection_id="odd", document=orjson.dumps(selection).decode()
    )
    fresh.add("backup_vaults", arn=fresh.vault, name="main", locked=None, min_retention_days=None)
    fresh.add("backup_vaults", arn=None, name=None)
    for subject in ("resource", "plan", "vault", "recovery_point"):
        fresh.facts(subject)


def test_what_needs_no_backup_is_not_asked_for_its_protection(world: World) -> None:
    """An exempt resource under an odd selection is no gap: no control would ask."""
    world.plan()
    world.add("resources", arn=f"{world.volume}b", resource_type="EBS", tags={"tier": "other"})
    world.add("backup_selections", plan_id="p1", selection_id="s9", created_at=world.start, name="odd",
              document='["everything"]')  # fmt: skip
    _, exempt = world.facts("resource")
    assert (exempt["tier"]["required"], "selected" in exempt["protection"]) == (False, False)
    assert world.unknown("resource", "protection.selected", 1) == []
