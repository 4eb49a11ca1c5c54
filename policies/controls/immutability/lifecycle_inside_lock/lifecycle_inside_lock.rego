# METADATA
# title: Every lifecycle into a locked vault lies inside its lock's range
# description: |
#   AWS Backup fails a job whose retention lies outside the range of the target vault's lock, backup and copy alike: the
#   plan looks right and brings nothing. A lifecycle that never expires lies above every maximum.
# scope: package
# schemas:
#   - input: schema.plan
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
#     description: AWS Backup Vault Lock
# custom:
#   id: BKP-IMM-002
#   severity: high
#   subject: plan
#   moments: [check, audit]
#   reads: [lifecycles]
#   cites: [plan.name, plan.version_id]
#   reasons:
#     below_minimum: >-
#       the {kind} of rule {rule} is kept {delete_after_days} days; the lock of {vault_arn} admits no fewer than
#       {min_retention_days}
#     above_maximum: >-
#       the {kind} of rule {rule} is kept {delete_after_days} days; the lock of {vault_arn} admits no more than
#       {max_retention_days}
#     never_expires: >-
#       the {kind} of rule {rule} never expires; the lock of {vault_arn} admits no more than {max_retention_days} days
#   remediation: |
#     Set DeleteAfterDays of the lifecycle inside the lock's range, or lead the rule into another vault.
#   causes:
#     below_minimum:
#       problem: keep backups for fewer days than the vault's lock admits
#       named_by: plan.name
#       remediation: |
#         Raise `DeleteAfterDays` of the rule's `Lifecycle` (Terraform: `lifecycle { delete_after }`) to the lock's
#         `MinRetentionDays` at least, or lead the rule into another vault: `aws backup update-backup-plan`.
#     above_maximum:
#       problem: keep backups for more days than the vault's lock admits
#       named_by: plan.name
#       remediation: |
#         Lower `DeleteAfterDays` of the rule's `Lifecycle` (Terraform: `lifecycle { delete_after }`) to the lock's
#         `MaxRetentionDays` at most, or lead the rule into another vault: `aws backup update-backup-plan`.
#     never_expires:
#       problem: keep backups for ever, which the vault's lock does not admit
#       named_by: plan.name
#       remediation: |
#         Set `DeleteAfterDays` of the rule's `Lifecycle` (Terraform: `lifecycle { delete_after }`) to the lock's
#         `MaxRetentionDays` at most, or lead the rule into another vault: `aws backup update-backup-plan`.
package controls.immutability.lifecycle_inside_lock

import data.lib.retention

applicable if count(locked) > 0

compliant if {
	applicable
	every lifecycle in locked {
		retention.long_enough(lifecycle, object.get(lifecycle.lock, "min_retention_days", null))
		retention.short_enough(lifecycle, object.get(lifecycle.lock, "max_retention_days", null))
	}
}

non_compliant contains {"code": "below_minimum", "evidence": evidence} if {
	some lifecycle in locked
	retention.too_short(lifecycle, lifecycle.lock.min_retention_days)
	evidence := object.union(where(lifecycle), {
		"delete_after_days": lifecycle.delete_after_days,
		"min_retention_days": lifecycle.lock.min_retention_days,
	})
}

non_compliant contains {"code": "above_maximum", "evidence": evidence} if {
	some lifecycle in locked
	retention.too_long(lifecycle, lifecycle.lock.max_retention_days)
	evidence := object.union(where(lifecycle), {
		"delete_after_days": lifecycle.delete_after_days,
		"max_retention_days": lifecycle.lock.max_retention_days,
	})
}

non_compliant contains {"code": "never_expires", "evidence": evidence} if {
	some lifecycle in locked
	retention.for_ever(lifecycle, lifecycle.lock.max_retention_days)
	evidence := object.union(where(lifecycle), {"max_retention_days": lifecycle.lock.max_retention_days})
}

locked := [lifecycle | some lifecycle in input.lifecycles; lifecycle.lock]

where(lifecycle) := {"rule": lifecycle.rule, "kind": lifecycle.kind, "vault_arn": lifecycle.vault_arn}
