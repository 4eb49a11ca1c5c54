"""Backup policies of AWS Organizations, written from the syntax that its user guide describes."""

import copy
from typing import Any

from tests.check.terraform import ACCOUNT

Json = dict[str, Any]

ROLE = "arn:aws:iam::$account:role/backup"
COPY = "arn:aws:backup:eu-central-1:$account:backup-vault:second"


def assign(value: Any) -> Json:
    """A value that is set."""
    return {"@@assign": value}


def by_tag(*values: str) -> Json:
    """Selections by one tag."""
    one = {"iam_role_arn": assign(ROLE), "tag_key": assign("backup-tier"), "tag_value": assign(list(values))}
    return {"tags": {"tagged": one}}


def by_type(*patterns: str, **more: Any) -> Json:
    """Selections by resource types."""
    return {
        "resources": {"typed": {"iam_role_arn": assign(ROLE), "resource_types": assign([*patterns]), **more}}
    }


def rule(**changes: Any) -> Json:
    """A rule that keeps gold's demands, with other elements; None takes one away."""
    values = {
        "schedule_expression": "cron(0 0/6 ? * * *)",
        "target_backup_vault_name": "main",
        "start_backup_window_minutes": "60",
        "lifecycle": {"delete_after_days": assign("35")},
        **changes,
    }
    return {
        key: value if isinstance(value, dict) else assign(value)
        for key, value in values.items()
        if value is not None
    }


def plan(**changes: Any) -> Json:
    """A whole plan of one Region, with other elements; None takes one away."""
    parts = {
        "regions": assign(["eu-west-1"]),
        "rules": {"daily": rule()},
        "selections": by_tag("gold"),
        **changes,
    }
    return {key: value for key, value in parts.items() if value is not None}


def policy(name: str = "gold", **changes: Any) -> Json:
    """A policy with one whole plan."""
    return {"plans": {name: plan(**changes)}}


def at(document: Json, path: str, value: Any) -> Json:
    """The document with something else at a path below plans/gold."""
    found = copy.deepcopy(document)
    *way, last = path.split(".")
    part = found["plans"]["gold"]
    for key in way:
        part = part[key]
    part[last] = value
    return found


#: Everything that the syntax knows, at once.
WHOLE = policy(
    regions={"@@append": ["eu-west-1"], "@@operators_allowed_for_child_policies": ["@@append"]},
    rules={
        "Daily": rule(
            complete_backup_window_minutes="10080",
            enable_continuous_backup="false",
            target_logically_air_gapped_backup_vault_arn=(
                "arn:aws:backup:$region:$account:backup-vault:gapped"
            ),
            lifecycle={
                "delete_after_days": assign("365"),
                "move_to_cold_storage_after_days": assign(30),
                "opt_in_to_archive_for_supported_resources": assign("true"),
            },
            copy_actions={
                COPY: {
                    "target_backup_vault_arn": assign(COPY),
                    "lifecycle": {"delete_after_days": assign("90")},
                }
            },
            recovery_point_tags={"owner": {"tag_key": assign("owner"), "tag_value": assign("backup team")}},
            index_actions={"resource_types": assign(["EBS", "S3"])},
            scan_actions={"GUARDDUTY": {"scan_mode": assign("FULL_SCAN")}},
        )
    },
    selections=by_type(
        "arn:aws:ec2:*:*:volume/*",
        "arn:aws-us-gov:rds:*:*:db:*",
        not_resource_types=assign(["arn:aws:s3:::*"]),
        conditions={
            operator: {
                "one": {
                    "condition_key": assign("aws:ResourceTag/backup-tier"),
                    "condition_value": assign("gold"),
                }
            }
            for operator in ("string_equals", "string_not_equals", "string_like", "string_not_like")
        },
    ),
    advanced_backup_settings={
        "ec2": {"windows_vss": assign("enabled")},
        "s3": {"backup_acls": assign("disabled"), "backup_object_tags": assign("enabled")},
    },
    backup_plan_tags={"stage": {"tag_key": assign("stage"), "tag_value": assign("prod")}},
    scan_settings={"GUARDDUTY": {"resource_types": assign(["EBS"]), "scanner_role_arn": assign(ROLE)}},
)


#: The account beside `ACCOUNT`, directly in the root.
OTHER = "222233334444"


def tree(root: Any = (), unit: Any = (), account: Any = (), other: Any = ()) -> Json:
    """A root with the account `OTHER`, and a unit with `ACCOUNT`; what is attached to each."""
    return {
        "organization": {
            "root": {
                "id": "r-ab12",
                "policies": list(root),
                "accounts": {OTHER: {"policies": list(other)}},
                "units": {
                    "Production": {
                        "id": "ou-ab12-11111111",
                        "policies": list(unit),
                        "accounts": {ACCOUNT: {"name": "shop", "policies": list(account)}},
                    }
                },
            }
        }
    }


def parts(**elements: Any) -> Json:
    """A policy with parts of the plan gold."""
    return {"plans": {"gold": elements}}


def lasting(days: str) -> Json:
    """A policy that says only how long backups are kept."""
    return parts(rules={"daily": {"lifecycle": {"delete_after_days": assign(days)}}})
