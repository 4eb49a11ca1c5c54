"""Logically air-gapped vaults and the opt-ins of a Region, as Terraform and CloudFormation write them."""

from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Check, said_of
from tests.check.terraform import (
    ACCOUNT,
    REGION,
    Later,
    Plan,
    backup_plan,
    by_tag,
    protected,
    rule,
    selection,
    vault,
    volume,
)
from tests.check.test_cloudformation import changed, yaml_value

LOCK, COVERED, OPTED = "BKP-IMM-002", "BKP-COV-001", "aws_backup_region_settings.here"
GAPPED = "aws_backup_logically_air_gapped_backup_vault.safe"
INTO = "target_logically_air_gapped_backup_vault_arn"
ARN = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:safe"
MAIN = "  Main:\n    Type: AWS::Backup::BackupVault\n"
SAFE = (
    "  Safe:\n    Type: AWS::Backup::LogicallyAirGappedBackupVault\n    Properties: "
    "{BackupVaultName: safe, MinRetentionDays: %s, MaxRetentionDays: %s}\n"
)
TARGET = "            TargetBackupVault: !Ref Main\n"
IN_SAFE = "            TargetLogicallyAirGappedBackupVaultArn: !GetAtt Safe.BackupVaultArn\n"


def terraform(least: Any, most: Any, *, of_copy: bool = False) -> Plan:
    """A plan whose rule has an air-gapped vault as its target, or copies into it."""
    into, lifecycle = {INTO: ARN}, [{"delete_after": 35}]
    made = vault(Plan()).add(
        GAPPED,
        name="safe",
        min_retention_days=least,
        max_retention_days=most,
        arn=Later(ARN),
        id=Later("safe"),
    )
    copies = {"copy_action": [{"destination_vault_arn": ARN, "lifecycle": lifecycle}]}
    backup_plan(made, "gold", rule(**(copies if of_copy else into)))
    return volume(selection(made, "gold", "gold", selection_tag=by_tag("gold")), "data", backup_tier="gold")


def unknown_inside(document: Any, address: str, attribute: str, inner: str, expressions: Any) -> Any:
    """A first plan in which one value inside an attribute is known only after the apply."""
    (change,) = [one["change"] for one in document["resource_changes"] if one["address"] == address]
    held = change["after"][attribute]
    (held[0] if isinstance(held, list) else held).pop(inner)
    change["after_unknown"][attribute] = [{inner: True}] if isinstance(held, list) else {inner: True}
    written = document["configuration"]["root_module"]["resources"]
    (one,) = [one for one in written if one["address"] == address]
    one["expressions"][attribute] = expressions
    return document


def of_lock(check: Check, *documents: Any, **options: Any) -> set[tuple[str, str]]:
    """What is said of lifecycles and locks: verdict and code."""
    found = said_of(check(*documents, **options))
    return {(verdict, code) for control, _, verdict, code in found if control == LOCK}


@pytest.mark.parametrize(
    ("least", "most", "code"),
    [(35, 35, ""), (7, 34, "above_maximum"), (36, 90, "below_minimum")],
)
def test_a_lifecycle_has_to_fit_an_air_gapped_vault(
    check: Check, tmp_path: Path, least: int, most: int, code: str
) -> None:
    """As target of a rule and of a copy, of the first plan and of the second one, and of a template."""
    expected = {("NON_COMPLIANT", code)} if code else set()
    for of_copy in (False, True):
        made = terraform(least, most, of_copy=of_copy)
        assert of_lock(check, made.first()) == of_lock(check, made.second()) == expected, of_copy
    made = terraform(least, most)
    references = [{INTO: {"references": [f"{GAPPED}.arn", GAPPED]}}]
    first = unknown_inside(made.first(), "aws_backup_plan.gold", "rule", INTO, references)
    assert of_lock(check, first) == expected

    text = changed((MAIN, SAFE % (least, most) + MAIN), (TARGET, TARGET + IN_SAFE))
    assert of_lock(check, yaml_value(tmp_path, text), region=REGION) == expected


def test_an_air_gapped_vault_that_is_not_known_is_neither(check: Check, tmp_path: Path) -> None:
    """Its longest retention is known only after the apply, or is a parameter that nobody gives."""
    made = terraform(7, Later(90, ["var.most"]))
    text = changed((MAIN, SAFE % (7, "!Ref Unsaid") + MAIN), (TARGET, TARGET + IN_SAFE))

    unknown = {verdict for verdict, _ in of_lock(check, made.first())}

    assert unknown == {"INSUFFICIENT_DATA"}
    assert {verdict for verdict, _ in of_lock(check, yaml_value(tmp_path, text), region=REGION)} == unknown


@pytest.mark.parametrize(
    ("preference", "verdict"),
    [
        ({"EBS": True}, ""),
        ({"EBS": False}, "NON_COMPLIANT"),
        ({"EBS": True, "RDS": False}, ""),
        (Later({"EBS": True}, ["var.types"]), "INSUFFICIENT_DATA"),
        ({"EBS": "false"}, "INSUFFICIENT_DATA"),
    ],
    ids=["in", "out", "another out", "unknown", "no truth value"],
)
def test_the_opt_in_of_a_region_decides_what_a_tag_selects(
    check: Check, preference: Any, verdict: str
) -> None:
    """Of its own type and Region; what is not known leaves it open."""
    made = protected().add(
        OPTED,
        resource_type_opt_in_preference=preference,
        resource_type_management_preference={"EFS": False},
    )
    elsewhere = protected().add(OPTED, region="us-east-1", resource_type_opt_in_preference={"EBS": False})

    said = {one for control, _, one, _ in said_of(check(made.first())) if control == COVERED}

    assert said == ({verdict} if verdict else set())
    assert COVERED not in {control for control, *_ in said_of(check(elsewhere.first()))}


def test_one_opt_in_that_is_not_known_leaves_its_type_open(check: Check) -> None:
    """The others are known."""
    made = protected().add(OPTED, resource_type_opt_in_preference={"EBS": True, "RDS": False})
    references = {"references": ["var.ebs"]}

    first = unknown_inside(made.first(), OPTED, "resource_type_opt_in_preference", "EBS", references)

    assert {one for control, _, one, _ in said_of(check(first)) if control == COVERED} == {
        "INSUFFICIENT_DATA"
    }
