"""What a draft of a control judges of each subject, and the inputs of its tests, in Rego."""

from collections.abc import Mapping
from string import Template
from typing import Final

Words = Mapping[str, str]

_ALWAYS: Final = {"applicable": "applicable := true", "exempt": "", "more": "", "moments": "audit"}
_IN_A_CHECK: Final = {**_ALWAYS, "moments": "check"}
_OF_A_TIER: Final = {
    **_ALWAYS,
    "named_by": "tier",
    "applicable": "applicable if input.tier.required",
    "evidence": '{"tier": input.tier.name}',
    "found": '{"tier": "gold"}',
}
_EXEMPT: Final = Template("""
test_a_tier_without_backups_is_not_applicable if {
	exempt := {"name": "exempt", "required": false}
	not control.applicable with input as {"tier": exempt, "$group": {"$fact": $value}}
}
""")


def _inputs(fixed: str, right: str, wrong: str) -> Words:
    """The inputs of the tests: `fixed` with what is right, what is wrong, or neither for $it."""
    made = {"right_input": right, "wrong_input": wrong, "unread_input": ""}
    return {name: Template(fixed).substitute(it=it) for name, it in made.items()}


def _of_tier(group: str, fact: str, right: str, wrong: str) -> Words:
    """The inputs about a fact of something that has a tier, and the test of one that demands nothing."""
    fixed = f'{{"tier": {{"name": "gold", "required": true}}, "{group}": {{$it}}}}'
    return {
        **_inputs(fixed, f'"{fact}": {right}', f'"{fact}": {wrong}'),
        "exempt": _EXEMPT.substitute(group=group, fact=fact, value=wrong),
    }


def _named(group: str, key: str, value: str, fact: str, right: str, wrong: str) -> Words:
    """The inputs about a fact of something that a finding names by `key`."""
    return {
        "named_by": f"{group}.{key}",
        "evidence": f'{{"{key}": input.{group}.{key}}}',
        "found": f'{{"{key}": "{value}"}}',
        **_inputs(
            f'{{"{group}": {{"{key}": "{value}"$it}}}}', f', "{fact}": {right}', f', "{fact}": {wrong}'
        ),
    }


#: By subject, as `auditor policy new` has its name: a deleted resource is one too.
DRAFTS: Final[Mapping[str, Words]] = {
    "resource": {
        **_OF_A_TIER,
        "title": "A backup plan selects every resource whose tier asks for backups",
        "reads": "tier, protection.selected",
        "code": "not_selected",
        "reason": "no rule of any backup plan protects it; tier {tier} demands backups",
        "right": "input.protection.selected == true",
        "wrong": "input.protection.selected == false",
        **_of_tier("protection", "selected", "true", "false"),
    },
    "deleted_resource": {
        **_OF_A_TIER,
        "subject": "resource",
        "more": "#   deleted_resources: true\n",
        "title": "Every resource whose tier asks for backups has or had one, deleted or not",
        "reads": "tier, backups.count",
        "code": "no_backup",
        "reason": "no usable recovery point covers a time in the period; tier {tier} demands backups",
        "right": "input.backups.count > 0",
        "wrong": "input.backups.count == 0",
        **_of_tier("backups", "count", "1", "0"),
    },
    "recovery_point": {
        **_OF_A_TIER,
        "title": "Every recovery point of a tier that asks for backups is encrypted",
        "reads": "tier, recovery_point.encrypted",
        "code": "not_encrypted",
        "reason": "it is not encrypted; tier {tier} demands backups",
        "right": "input.recovery_point.encrypted == true",
        "wrong": "input.recovery_point.encrypted == false",
        **_of_tier("recovery_point", "encrypted", "true", "false"),
    },
    "plan": {
        **_ALWAYS,
        "title": "Every backup plan has a rule",
        "reads": "plan.name, plan.rules",
        "code": "no_rules",
        "reason": "the plan {name} has no rule",
        "right": "count(input.plan.rules) > 0",
        "wrong": "input.plan.rules == []",
        **_named("plan", "name", "daily", "rules", '[{"name": "night"}]', "[]"),
    },
    "vault": {
        **_ALWAYS,
        "title": "Every backup vault has a lock in force",
        "reads": "vault.name, vault.lock.in_force",
        "code": "no_lock_in_force",
        "reason": "no lock of the vault {name} is in force",
        "right": "input.vault.lock.in_force == true",
        "wrong": "input.vault.lock.in_force == false",
        **_named("vault", "name", "backups", "lock", '{"in_force": true}', '{"in_force": false}'),
    },
    "vault_policy": {
        **_ALWAYS,
        "title": "No access policy of a vault opens anything to everybody",
        "reads": "policy.vault, policy.open_to_everyone",
        "code": "open_to_everyone",
        "reason": "the policy of the vault {vault} is open to everybody",
        "right": "input.policy.open_to_everyone == []",
        "wrong": "count(input.policy.open_to_everyone) > 0",
        **_named("policy", "vault", "backups", "open_to_everyone", "[]", '["backup:StartCopyJob"]'),
    },
    "key": {
        **_ALWAYS,
        "title": "Every key that backups are encrypted with can be used",
        "reads": "key.state",
        "named_by": "key.state",
        "code": "not_usable",
        "reason": "the key is {state}",
        "right": 'input.key.state == "enabled"',
        "wrong": 'input.key.state != "enabled"',
        "evidence": '{"state": input.key.state}',
        "found": '{"state": "disabled"}',
        **_inputs('{"key": {$it}}', '"state": "enabled"', '"state": "disabled"'),
    },
    "account": {
        **_ALWAYS,
        "title": "Service control policies deny in every account what the parameter guard_rails names",
        "reads": "account.unguarded",
        "named_by": "account.unguarded",
        "code": "not_denied",
        "reason": "no service control policy denies {actions}",
        "right": "input.account.unguarded == []",
        "wrong": "count(input.account.unguarded) > 0",
        "evidence": '{"actions": concat(", ", input.account.unguarded)}',
        "found": '{"actions": "backup:DeleteBackupVault"}',
        **_inputs('{"account": {$it}}', '"unguarded": []', '"unguarded": ["backup:DeleteBackupVault"]'),
    },
    "waiver": {
        **_ALWAYS,
        "title": "Every waiver covers something",
        "reads": "waiver.covers, waiver.used",
        "code": "unused",
        "reason": "the waiver of {covers} covers no finding",
        "right": "input.waiver.used == true",
        "wrong": "input.waiver.used == false",
        **_named("waiver", "covers", "account 111122223333", "used", "true", "false"),
    },
    "attestation": {
        **_ALWAYS,
        "title": "No attestation is over",
        "reads": "attestation.covers, attestation.expired",
        "code": "over",
        "reason": "the attestation of {covers} is over",
        "right": "input.attestation.expired == false",
        "wrong": "input.attestation.expired == true",
        **_named("attestation", "covers", "account 111122223333", "expired", "false", "true"),
    },
    "run": {
        **_ALWAYS,
        "title": "No earlier run is gone",
        "reads": "run.named_by, run.gone",
        "code": "gone",
        "reason": "it is gone, and {named_by} names it",
        "right": "input.run.gone == false",
        "wrong": "input.run.gone == true",
        **_named("run", "named_by", "the run r", "gone", "false", "true"),
    },
    "organization": {
        **_ALWAYS,
        "title": "An organization lets AWS Backup copy between its accounts",
        "reads": "organization.cross_account_backup",
        "named_by": "organization.cross_account_backup",
        "code": "off",
        "reason": "copies between accounts are turned off",
        "right": "input.organization.cross_account_backup == true",
        "wrong": "input.organization.cross_account_backup == false",
        "evidence": "{}",
        "found": "{}",
        **_inputs('{"organization": {$it}}', '"cross_account_backup": true', '"cross_account_backup": false'),
    },
    "organization_policy": {
        **_IN_A_CHECK,
        "title": "No backup policy has a part without effect",
        "reads": "policy.name, policy.fault.kind",
        "code": "without_effect",
        "reason": "a part of the policy {name} has no effect",
        "right": 'input.policy.fault.kind != "forbidden"',
        "wrong": 'input.policy.fault.kind == "forbidden"',
        **_named("policy", "name", "daily", "fault", '{"kind": "invalid"}', '{"kind": "forbidden"}'),
    },
    "change": {
        **_IN_A_CHECK,
        "title": "No change deletes what protects backups",
        "reads": "change.name, change.action",
        "code": "deleted",
        "reason": "{name} is deleted",
        "right": 'input.change.action != "deleted"',
        "wrong": 'input.change.action == "deleted"',
        **_named("change", "name", "daily", "action", '"replaced"', '"deleted"'),
    },
    "bucket": {
        **_IN_A_CHECK,
        "title": "Every bucket that a plan backs up is versioned",
        "reads": "bucket.name, bucket.versioning",
        "code": "not_versioned",
        "reason": "the bucket {name} is not versioned",
        "right": 'input.bucket.versioning == "enabled"',
        "wrong": 'input.bucket.versioning != "enabled"',
        **_named("bucket", "name", "data", "versioning", '"enabled"', '"off"'),
    },
    "role": {
        **_IN_A_CHECK,
        "title": "AWS Backup may take on every role that selections back up with",
        "reads": "role.name, role.trusted",
        "code": "not_trusted",
        "reason": "AWS Backup may not take on the role {name}",
        "right": "input.role.trusted == true",
        "wrong": "input.role.trusted == false",
        **_named("role", "name", "backup", "trusted", "true", "false"),
    },
    "quota": {
        **_IN_A_CHECK,
        "title": "Nothing of a plan is counted that has a quota",
        "reads": "quota.plan, quota.counts",
        "code": "counted",
        "reason": "the plan {plan} has something that has a quota",
        "right": "input.quota.counts == []",
        "wrong": "count(input.quota.counts) > 0",
        **_named("quota", "plan", "daily", "counts", "[]", '[{"what": "rules", "count": 9, "limit": 8}]'),
    },
    "selection": {
        **_IN_A_CHECK,
        "title": "Every selection chooses by something",
        "reads": "selection.name, selection.chooses",
        "code": "chooses_nothing",
        "reason": "the selection {name} chooses by nothing",
        "right": "input.selection.chooses == true",
        "wrong": "input.selection.chooses == false",
        **_named("selection", "name", "gold", "chooses", "true", "false"),
    },
}
