"""The elements of a backup policy of AWS Organizations (aws-backup.md 3.1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Json = Any


@dataclass(frozen=True, slots=True)
class PolicyLeaf:
    """An element with a value: the form of it, and in words what it is; `many` where it is a list."""

    form: str = ".*"
    said: str = "a text"
    many: bool = False

    def fits(self, value: Json) -> bool:
        """Whether a value, or an item of a list, has the form; a number or flag is its text."""
        plain = isinstance(value, str | int | bool)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return plain and re.fullmatch(self.form, text, re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class PolicyBranch:
    """An element with elements: those of known names, or any number of one kind under names of their own.

    `needs` are those that an effective policy must have.
    """

    fields: Mapping[str, "PolicyLeaf | PolicyBranch"] = field(default_factory=dict)
    each: "PolicyBranch | None" = None
    named: str = "[A-Za-z0-9_.-]{1,50}"
    said: str = "letters, digits and _.- of at most 50"
    needs: tuple[str, ...] = ()


def _one_of(*words: str, many: bool = False) -> PolicyLeaf:
    return PolicyLeaf("|".join(map(re.escape, words)), " or ".join(words), many)


_ACCOUNT: Final = r"(?:\$account|[0-9]{12})"
_REGION: Final = "[a-z]{2,}(?:-[a-z]+)+-[0-9]{1,2}"
_VAULT: Final = "[A-Za-z0-9_-]{2,50}"
_START: Final = "arn:aws(?:-[a-z]+)*"
_TEXT: Final = PolicyLeaf()
_FLAG: Final = PolicyLeaf("true|false", "true or false")
_DAYS: Final = PolicyLeaf("-1|[0-9]{1,5}", "a whole number of days")
_ROLE: Final = PolicyLeaf(
    f"{_START}:iam::{_ACCOUNT}:role/[^ ]{{1,512}}",
    "the ARN of a role, such as arn:aws:iam::$account:role/backup",
)
_SWITCH: Final = _one_of("enabled", "disabled")
#: The patterns of `resource_types`, behind the partition.
_TYPES: Final = (
    "backup-gateway:*:*:vm/*", "cloudformation:*:*:stack/*", "dsql:*:*:cluster/*", "dynamodb:*:*:table/*",
    "ec2:*:*:instance/*", "ec2:*:*:volume/*", "eks:*:*:cluster/*", "elasticfilesystem:*:*:file-system/*",
    "fsx:*:*:file-system/*", "fsx:*:*:volume/*", "rds:*:*:cluster:*", "rds:*:*:db:*",
    "redshift-serverless:*:*:namespace/*", "redshift:*:*:cluster:*", "s3:::*", "ssm-sap:*:*:HANA/*",
    "storagegateway:*:*:gateway/*", "timestream:*:*:database/*",
)  # fmt: skip
_TYPE: Final = PolicyLeaf(
    rf"\*|{_START}:(?:{'|'.join(map(re.escape, _TYPES))})",
    '"*" or the pattern of a resource type, such as arn:aws:ec2:*:*:volume/*',
    many=True,
)
_LIFECYCLE: Final = PolicyBranch(
    {
        "move_to_cold_storage_after_days": _DAYS,
        "delete_after_days": _DAYS,
        "opt_in_to_archive_for_supported_resources": _FLAG,
    }
)
_ANY_NAME: Final = ".{1,256}"
_TAGS: Final = PolicyBranch(
    each=PolicyBranch({"tag_key": _TEXT, "tag_value": _TEXT}), named=_ANY_NAME, said="a name"
)
_CONDITION: Final = PolicyBranch(
    each=PolicyBranch(
        {
            "condition_key": PolicyLeaf("aws:ResourceTag/.{1,128}", "aws:ResourceTag/ and the key of a tag"),
            "condition_value": _TEXT,
        },
        needs=("condition_key", "condition_value"),
    ),
    named=_ANY_NAME,
    said="a name",
)
_CONDITIONS: Final = PolicyBranch(
    dict.fromkeys(("string_equals", "string_not_equals", "string_like", "string_not_like"), _CONDITION)
)
_COPY: Final = PolicyBranch(
    {
        "target_backup_vault_arn": PolicyLeaf(
            f"{_START}:backup:{_REGION}:{_ACCOUNT}:backup-vault:{_VAULT}",
            "the ARN of a vault, such as arn:aws:backup:eu-west-1:$account:backup-vault:main",
        ),
        "lifecycle": _LIFECYCLE,
    },
    needs=("target_backup_vault_arn",),
)
_RULE: Final = PolicyBranch(
    {
        "schedule_expression": PolicyLeaf(r"cron\(.+\)", "a cron expression, such as cron(0 5 ? * * *)"),
        "target_backup_vault_name": PolicyLeaf(
            _VAULT, "the name of a vault: letters, digits, - and _, 2 to 50"
        ),
        "target_logically_air_gapped_backup_vault_arn": PolicyLeaf(
            rf"{_START}:backup:\$region:\$account:backup-vault:{_VAULT}",
            "the ARN arn:aws:backup:$region:$account:backup-vault: and the name of a vault",
        ),
        "start_backup_window_minutes": PolicyLeaf(
            "[6-9][0-9]|[1-9][0-9]{2,7}", "a number of minutes from 60"
        ),
        "complete_backup_window_minutes": PolicyLeaf("[0-9]{1,8}", "a number of minutes"),
        "enable_continuous_backup": _FLAG,
        "lifecycle": _LIFECYCLE,
        "copy_actions": PolicyBranch(each=_COPY, named=_ANY_NAME, said="the ARN of a vault"),
        "recovery_point_tags": _TAGS,
        "index_actions": PolicyBranch({"resource_types": _one_of("EBS", "S3", many=True)}),
        "scan_actions": PolicyBranch(
            {"GUARDDUTY": PolicyBranch({"scan_mode": _one_of("FULL_SCAN", "INCREMENTAL_SCAN")})}
        ),
    },
    needs=("target_backup_vault_name",),
)
_BY_TAGS: Final = PolicyBranch(
    {
        "iam_role_arn": _ROLE,
        "tag_key": _TEXT,
        "tag_value": PolicyLeaf(many=True),
        "conditions": _CONDITIONS,
    },
    needs=("iam_role_arn", "tag_key", "tag_value"),
)
_BY_TYPES: Final = PolicyBranch(
    {
        "iam_role_arn": _ROLE,
        "resource_types": _TYPE,
        "not_resource_types": _TYPE,
        "conditions": _CONDITIONS,
    },
    needs=("iam_role_arn",),
)
_SELECTIONS: Final = PolicyBranch(
    {"tags": PolicyBranch(each=_BY_TAGS), "resources": PolicyBranch(each=_BY_TYPES)}
)
_PLAN: Final = PolicyBranch(
    {
        "rules": PolicyBranch(each=_RULE),
        "regions": PolicyLeaf(_REGION, "the code of a Region, such as eu-west-1", many=True),
        "selections": _SELECTIONS,
        "advanced_backup_settings": PolicyBranch(
            {
                "ec2": PolicyBranch({"windows_vss": _SWITCH}),
                "s3": PolicyBranch({"backup_acls": _SWITCH, "backup_object_tags": _SWITCH}),
            }
        ),
        "backup_plan_tags": _TAGS,
        "scan_settings": PolicyBranch(
            {"GUARDDUTY": PolicyBranch({"resource_types": PolicyLeaf(many=True), "scanner_role_arn": _ROLE})}
        ),
    },
    needs=("rules", "regions", "selections"),
)
POLICY: Final = PolicyBranch({"plans": PolicyBranch(each=_PLAN)})
