"""Audit Manager's scopes by a tag of plans and vaults: these are asked for their tags, and only there."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import Fault, denied
from tests.loopback.standing import ACCOUNT, HOME, MAIN, PLAN, World, plan_arn, standing, vault_arn

RULES = "BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK"
DELETION = "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED"
OURS, VAULT = plan_arn(PLAN), vault_arn(MAIN)


def judged(tmp_path: Path, tag: dict[str, str], *faults: Fault, **more: str) -> Judgement:
    """An audit of a plan of the team "a" and a vault without tags; each control has the tag in its scope.

    `more` is in each answer that tells tags.
    """
    world: World = standing(14)
    tags = {OURS: {"team": "a", "stage": ""}, VAULT: {}}
    world.operations["backup", "ListTags"] = lambda _, given: {"Tags": tags[given["ResourceArn"]], **more}
    scope = {"Tags": tag} if tag else {}
    controls = [{"ControlName": name, "ControlScope": scope} for name in (RULES, DELETION)]
    asked = tmp_path / "framework.json"
    asked.write_text(json.dumps({"FrameworkName": "Ours", "FrameworkControls": controls}), encoding="utf-8")
    chosen: dict[str, Any] = {"framework": "aws-backup-audit-manager", "audit_manager": str(asked)}
    return audit(world, tmp_path, faults=list(faults), regions=[HOME], **chosen)


def told(found: Judgement) -> tuple[str, str]:
    """The verdicts on the plan and the vault."""
    return found.verdict(RULES, OURS), found.verdict(DELETION, VAULT)


def test_plans_and_vaults_are_asked_for_their_tags(tmp_path: Path) -> None:
    """One call each: who has the tag is judged, who has not is out of the scope."""
    found = judged(tmp_path, {"team": "a"})

    assert (told(found), found.gaps) == (("NON_COMPLIANT", "NOT_APPLICABLE"), [])
    rows = Evidence.open(found.run).read("backup_tags", ACCOUNT, HOME).to_pylist()
    assert {row["arn"]: row["tags"] for row in rows} == {OURS: [("stage", ""), ("team", "a")], VAULT: []}
    asked = [call.parameters["ResourceArn"] for call in found.calls if call.operation == "ListTags"]
    assert sorted(asked) == [OURS, VAULT]


@pytest.mark.long
def test_tags_of_which_there_are_more_leave_the_scope_open(tmp_path: Path) -> None:
    """Nothing has so many tags that they fill a page, so such an answer is not taken for the whole."""
    found = judged(tmp_path, {"team": "a"}, NextToken="more")

    assert told(found) == ("INSUFFICIENT_DATA",) * 2
    assert [(gap["operation"], gap["error"]) for gap in found.gaps] == [("ListTags", "Unreadable")] * 2


@pytest.mark.long
def test_tags_that_are_refused_leave_the_scope_open(tmp_path: Path) -> None:
    """The gap names the account and the Region; a framework without a tag asks for none."""
    refused = judged(tmp_path, {"team": "a"}, denied("ListTags"))
    without = judged(tmp_path, {})

    assert told(refused) == ("INSUFFICIENT_DATA",) * 2
    gaps = {(gap["operation"], gap["account_id"], gap["region"]) for gap in refused.gaps}
    assert gaps == {("ListTags", ACCOUNT, HOME)}
    assert told(without) == ("NON_COMPLIANT",) * 2
    assert "ListTags" not in {call.operation for call in without.calls}
