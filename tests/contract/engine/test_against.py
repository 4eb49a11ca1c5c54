"""A what-if on the demo's organization, held against an audit of the organization that was really changed."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import orjson
import pyarrow.parquet as pq
import pytest

from auditor import audit
from auditor.cli.child import sandbox_child
from auditor.cli.main import main
from auditor.cli.push import push
from auditor.cli.steps import sessions
from auditor.evidence.store import Evidence
from auditor.judge.sinks import VERDICTS
from auditor.model.settings import Settings, silent
from auditor.sandbox.settings import write_settings
from tests.demo import clean_environment

#: The controls that a check and an audit both ask.
BOTH = ("BKP-COV-001", "BKP-FRQ-003", "BKP-IMM-002", "BKP-RET-001")
ACCOUNT, REGION, SELECTION = "web-shop", "eu-central-1", "gold-2-1"


def verdicts(run: Path) -> dict[tuple[str, str], str]:
    """The verdicts of these controls by control and ARN."""
    table = pq.ParquetFile(run / VERDICTS).read(columns=["control_id", "arn", "verdict"])
    rows = [row for row in table.to_pylist() if row["control_id"] in BOTH]
    return {(row["control_id"], row["arn"]): row["verdict"] for row in rows}


def recorded(run: Path) -> tuple[str, dict[str, Any]]:
    """The account's id, and the row of the selection in the evidence."""
    evidence = Evidence.open(run)
    accounts = evidence.read("accounts").to_pylist()
    (account,) = [row["account_id"] for row in accounts if row["name"] == ACCOUNT]
    rows = evidence.read("backup_selections", account, REGION).to_pylist()
    (row,) = [row for row in rows if row["name"] == SELECTION]
    return account, row


def other_key(document: str) -> dict[str, Any]:
    """The selection with one line changed: the key of the tag that it asks for."""
    found: dict[str, Any] = json.loads(document)
    (condition,) = found["Conditions"]["StringEquals"]
    assert condition["ConditionKey"] == "aws:ResourceTag/backup-tier"
    condition["ConditionKey"] = "aws:ResourceTag/Backup-Tier"
    return found


def terraform(row: Mapping[str, Any]) -> dict[str, Any]:
    """The plan of Terraform that makes this change: a selection is replaced."""

    def values(document: Mapping[str, Any]) -> dict[str, Any]:
        blocks = [
            {"key": one["ConditionKey"], "value": one["ConditionValue"]}
            for one in document["Conditions"]["StringEquals"]
        ]
        return {
            "name": document["SelectionName"],
            "plan_id": row["plan_id"],
            "iam_role_arn": document["IamRoleArn"],
            "resources": document["Resources"],
            "not_resources": [],
            "selection_tag": [],
            "condition": [{"string_equals": blocks}],
        }

    before = {**values(json.loads(row["document"])), "id": row["selection_id"]}
    change = {
        "actions": ["delete", "create"],
        "before": before,
        "after": values(other_key(row["document"])),
        "after_unknown": {"id": True},
    }
    address = {"address": "aws_backup_selection.gold", "type": "aws_backup_selection", "name": "gold"}
    provider = {"provider_name": "registry.terraform.io/hashicorp/aws", "mode": "managed"}
    return {"format_version": "1.2", "resource_changes": [{**address, **provider, "change": change}]}


def change_the_organization(account: str, row: Mapping[str, Any]) -> None:
    """Replace the selection by calls of the API, as Terraform would."""
    role = f"arn:aws:iam::{account}:role/AuditorPush"
    answer = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="terraform")["Credentials"]
    backup: Any = boto3.client(
        "backup",
        region_name=REGION,
        aws_access_key_id=answer["AccessKeyId"],
        aws_secret_access_key=answer["SecretAccessKey"],
        aws_session_token=answer["SessionToken"],
    )
    backup.delete_backup_selection(BackupPlanId=row["plan_id"], SelectionId=row["selection_id"])
    wanted = other_key(row["document"])
    backup.create_backup_selection(BackupPlanId=row["plan_id"], BackupSelection=wanted)


@pytest.mark.long
def test_a_changed_tag_key_in_the_demo_names_who_falls_out_and_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each verdict that a second audit of the really changed organization gives otherwise, and only those."""
    with (
        mock.patch.dict(os.environ, clean_environment(), clear=True),
        sandbox_child("aws") as child,
        mock.patch.dict(os.environ, child.variables()),
    ):
        own = write_settings(tmp_path / "sample", child.facts)
        settings = Settings(child.now, regions=child.regions, out=tmp_path / "runs", retry_minutes=0, **own)
        assert not [change for change in push(settings, silent) if change.error]
        end = child.now + timedelta(days=2)
        child.advance(end, silent)
        settings = replace(settings, as_of=end, formats=("json",))
        first, second = tmp_path / "first", tmp_path / "second"
        before = audit.audit(
            replace(settings, out=first), sessions(settings, settings.role_name), silent, print
        )
        account, row = recorded(before.run)
        change_the_organization(account, row)
        after = audit.audit(
            replace(settings, out=second), sessions(settings, settings.role_name), silent, print
        )
        capsys.readouterr()
    plan = tmp_path / "plan.json"
    plan.write_bytes(orjson.dumps(terraform(row)))

    with pytest.raises(SystemExit) as left:
        main(["check", str(plan), "--against", str(before.run), "--region", REGION, "--format", "json"])

    found = orjson.loads(capsys.readouterr().out)["against"]
    then, now = verdicts(before.run), verdicts(after.run)
    assert then.keys() == now.keys()
    assert {
        (one["control_id"], one["subject"]["arn"]): (one["before"], one["after"])
        for one in found["changes"]
        if one["control_id"] in BOTH
    } == {key: (then[key], now[key]) for key in then if then[key] != now[key]}
    lost = [one for one in found["changes"] if one["way"] == "loses"]
    assert {one["subject"]["account_name"] for one in lost} == {ACCOUNT}
    assert {one["control_id"] for one in lost} == {"BKP-COV-001"}
    assert (left.value.code, found["unmapped"]) == (3, [])
