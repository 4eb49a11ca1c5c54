"""What the evidence of an account and Region has, declared: as a plan of Terraform, and as a template.

Both are written by the public documents of Terraform's provider and of CloudFormation, from the plans,
selections, keys and vaults with their policies that an audit recorded. Each address is known by the ARN that
the evidence has.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.evaluate.opt_in import of_the_organization
from auditor.evidence.store import Evidence
from tests.check.terraform import Json, Plan

TERRAFORM = {
    "EBS": "aws_ebs_volume",
    "EC2": "aws_instance",
    "RDS": "aws_db_instance",
    "Aurora": "aws_rds_cluster",
    "DynamoDB": "aws_dynamodb_table",
    "S3": "aws_s3_bucket",
}
CLOUDFORMATION = {
    "EBS": ("AWS::EC2::Volume", ""),
    "EC2": ("AWS::EC2::Instance", ""),
    "RDS": ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    "Aurora": ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    "DynamoDB": ("AWS::DynamoDB::Table", "TableName"),
    "S3": ("AWS::S3::Bucket", "BucketName"),
}
#: The attribute by which Terraform names a resource of a type.
NAMED = {"RDS": "identifier", "Aurora": "cluster_identifier", "DynamoDB": "name", "S3": "bucket"}
#: What RDS and Aurora keep by themselves, as the evidence calls it.
AUTOMATED = "automated_backups"
#: Days in which a compliance lock can be undone, as it is declared: it is locked by now.
GRACE = 3


@dataclass(frozen=True)
class Recorded:
    """The rows of an account and Region."""

    account_id: str
    region: str
    resources: list[Json]
    plans: list[Json]
    selections: list[Json]
    vaults: list[Json]
    keys: list[Json]
    policies: Mapping[str, str | None]
    opt_ins: Mapping[str, bool]
    kept_days: Mapping[str, int]

    @classmethod
    def of(cls, evidence: Evidence, account_id: str, region: str) -> "Recorded":
        """Read them; of plans those that are in force and that no policy of the organization made."""

        def rows(table: str) -> list[Json]:
            found = evidence.read(table, account_id, region).to_pylist()
            return [row for row in found if not of_the_organization(row.get("plan_id") or "")]

        return cls(
            account_id,
            region,
            rows("resources"),
            [row for row in rows("backup_plans") if row["valid_until"] is None],
            rows("backup_selections"),
            rows("backup_vaults"),
            rows("keys"),
            {row["vault_arn"]: row["document"] for row in rows("vault_policies")},
            {row["resource_type"]: row["opted_in"] for row in rows("region_settings")},
            {
                row["arn"]: row["retention_days"]
                for row in rows("native_protection")
                if row["kind"] == AUTOMATED and row["retention_days"] is not None
            },
        )

    def led_nowhere(self) -> list[str]:
        """The ARNs of plans with a rule whose vault is not there, or copies into another account."""
        there = {row["name"] for row in self.vaults}
        return [
            row["arn"]
            for row in self.plans
            if any(
                rule["TargetBackupVaultName"] not in there
                or any(
                    copy["DestinationBackupVaultArn"].split(":")[4] != self.account_id
                    for copy in rule.get("CopyActions", ())
                )
                for rule in json.loads(row["document"])["Rules"]
            )
        ]

    def settings(self) -> Json:
        """The opt-ins as a plan of Terraform: a template cannot declare them."""
        preference = {name: bool(opted_in) for name, opted_in in self.opt_ins.items()}
        plan = Plan(self.region).add(
            "aws_backup_region_settings.here", resource_type_opt_in_preference=preference
        )
        return plan.second()

    def terraform(self) -> tuple[Json, dict[str, str]]:
        """The plan of Terraform after an apply, and the ARN of each address."""
        plan, arns = Plan(self.region), {}
        preference = {name: bool(opted_in) for name, opted_in in self.opt_ins.items()}
        plan.add("aws_backup_region_settings.here", resource_type_opt_in_preference=preference)
        for number, row in enumerate(self.resources):
            kind, tags = TERRAFORM[row["resource_type"]], dict(row["tags"])
            name = row["arn"].rpartition("/" if row["resource_type"] in ("EBS", "EC2") else ":")[2]
            own: Json = {NAMED[row["resource_type"]]: row["name"]} if row["resource_type"] in NAMED else {}
            own |= {"engine": "aurora-mysql"} if row["resource_type"] == "Aurora" else {}
            if row["arn"] in self.kept_days:
                own |= {"backup_retention_period": self.kept_days[row["arn"]]}
            address = f"{kind}.r{number}"
            plan.add(address, arn=row["arn"], id=name, tags=tags, tags_all=tags, **own)
            arns[address] = row["arn"]
        for number, row in enumerate(self.plans):
            address = f"aws_backup_plan.p{number}"
            rules = [*map(_rule, json.loads(row["document"])["Rules"])]
            plan.add(address, name=row["name"], id=row["plan_id"], arn=row["arn"], rule=rules)
            arns[address] = row["arn"]
        for number, row in enumerate(self.selections):
            plan.add(
                f"aws_backup_selection.s{number}",
                plan_id=row["plan_id"],
                id=row["selection_id"],
                **_selection(json.loads(row["document"])),
            )
        for number, row in enumerate(self.keys):
            address, key_id = f"aws_kms_key.k{number}", row["arn"].rpartition("/")[2]
            enabled = row["state"] == "Enabled"
            plan.add(address, arn=row["arn"], id=key_id, key_id=key_id, is_enabled=enabled)
            arns[address] = row["arn"]
        for number, row in enumerate(self.vaults):
            named = {"name": row["name"], "id": row["name"], "arn": row["arn"]}
            plan.add(f"aws_backup_vault.v{number}", **named, kms_key_arn=row["encryption_key_arn"])
            policy = self.policies[row["arn"]]
            if policy is not None:
                address = f"aws_backup_vault_policy.v{number}"
                plan.add(address, id=row["name"], backup_vault_name=row["name"], policy=policy)
                arns[address] = row["arn"]
            if row["locked"]:
                plan.add(
                    f"aws_backup_vault_lock_configuration.v{number}",
                    backup_vault_name=row["name"],
                    backup_vault_arn=row["arn"],
                    min_retention_days=row["min_retention_days"],
                    max_retention_days=row["max_retention_days"],
                    changeable_for_days=GRACE if row["lock_date"] else None,
                )
        return plan.second(), arns

    def template(self) -> tuple[Json, dict[str, str]]:
        """The template of CloudFormation, and the ARN of each logical id."""
        made: Json = {}
        arns: dict[str, str] = {}
        plans = {row["plan_id"]: f"P{number}" for number, row in enumerate(self.plans)}
        for number, row in enumerate(self.resources):
            kind, named = CLOUDFORMATION[row["resource_type"]]
            tags = [{"Key": key, "Value": value} for key, value in row["tags"]]
            engine = {"Engine": "aurora-mysql"} if row["resource_type"] == "Aurora" else {}
            name = {named: row["name"]} if named else {}
            if row["arn"] in self.kept_days:
                name |= {"BackupRetentionPeriod": self.kept_days[row["arn"]]}
            made[f"R{number}"] = {"Type": kind, "Properties": {"Tags": tags, **name, **engine}}
            arns[f"R{number}"] = row["arn"]
        for row in self.plans:
            document = json.loads(row["document"])
            rules = [
                {
                    **{key: value for key, value in rule.items() if key not in _OTHERWISE},
                    "TargetBackupVault": rule["TargetBackupVaultName"],
                }
                for rule in document["Rules"]
            ]
            plan = {"BackupPlanName": row["name"], "BackupPlanRule": rules}
            made[plans[row["plan_id"]]] = {
                "Type": "AWS::Backup::BackupPlan",
                "Properties": {"BackupPlan": plan},
            }
            arns[plans[row["plan_id"]]] = row["arn"]
        for number, row in enumerate(self.selections):
            properties = {
                "BackupPlanId": {"Ref": plans[row["plan_id"]]},
                "BackupSelection": json.loads(row["document"]),
            }
            made[f"S{number}"] = {"Type": "AWS::Backup::BackupSelection", "Properties": properties}
        keys = {row["arn"]: f"K{number}" for number, row in enumerate(self.keys)}
        for row in self.keys:
            enabled = {"Enabled": row["state"] == "Enabled"}
            made[keys[row["arn"]]] = {"Type": "AWS::KMS::Key", "Properties": enabled}
            arns[keys[row["arn"]]] = row["arn"]
        for number, row in enumerate(self.vaults):
            properties = _vault(row, keys.get(row["encryption_key_arn"]), self.policies[row["arn"]])
            made[f"V{number}"] = {"Type": "AWS::Backup::BackupVault", "Properties": properties}
            arns[f"V{number}"] = row["arn"]
        return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": made}, arns


#: What a template calls otherwise, or does not have.
_OTHERWISE = ("RuleId", "TargetBackupVaultName")


def _vault(row: Json, key: str | None, policy: str | None) -> Json:
    lock = {
        "MinRetentionDays": row["min_retention_days"],
        "MaxRetentionDays": row["max_retention_days"],
        "ChangeableForDays": GRACE if row["lock_date"] else None,
    }
    found = {name: value for name, value in lock.items() if value is not None}
    return {
        "BackupVaultName": row["name"],
        "EncryptionKeyArn": {"Fn::GetAtt": [key, "Arn"]} if key else row["encryption_key_arn"],
        **({"LockConfiguration": found} if row["locked"] else {}),
        **({"AccessPolicy": json.loads(policy)} if policy is not None else {}),
    }


def _lifecycle(document: Json) -> list[Json]:
    found = document.get("Lifecycle")
    if found is None:
        return []
    cold = found.get("MoveToColdStorageAfterDays")
    return [{"delete_after": found.get("DeleteAfterDays"), "cold_storage_after": cold}]


def _rule(document: Json) -> Json:
    return {
        "rule_name": document["RuleName"],
        "target_vault_name": document["TargetBackupVaultName"],
        "schedule": document.get("ScheduleExpression"),
        "schedule_expression_timezone": document.get("ScheduleExpressionTimezone"),
        "start_window": document["StartWindowMinutes"],
        "completion_window": document["CompletionWindowMinutes"],
        "enable_continuous_backup": document.get("EnableContinuousBackup", False),
        "lifecycle": _lifecycle(document),
        "copy_action": [
            {"destination_vault_arn": one["DestinationBackupVaultArn"], "lifecycle": _lifecycle(one)}
            for one in document.get("CopyActions", ())
        ],
    }


def _selection(document: Json) -> Json:
    conditions: Mapping[str, Any] = document.get("Conditions", {})
    blocks = {
        name: [
            {"key": one["ConditionKey"], "value": one["ConditionValue"]} for one in conditions.get(called, ())
        ]
        for name, called in (
            ("string_equals", "StringEquals"),
            ("string_not_equals", "StringNotEquals"),
            ("string_like", "StringLike"),
            ("string_not_like", "StringNotLike"),
        )
    }
    return {
        "name": document["SelectionName"],
        "iam_role_arn": document["IamRoleArn"],
        "resources": document.get("Resources", []),
        "not_resources": document.get("NotResources", []),
        "condition": [blocks] if any(blocks.values()) else [],
        "selection_tag": [
            {"type": one["ConditionType"], "key": one["ConditionKey"], "value": one["ConditionValue"]}
            for one in document.get("ListOfTags", ())
        ],
    }
