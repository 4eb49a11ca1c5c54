# METADATA
# title: Every rule of a plan keeps backups for at least the tier's retention and no longer than its ceiling
# description: |
#   Each rule is held against each tier whose resources the plan protects. A rule whose recovery points never expire is
#   long enough for every tier, and too long for one with a ceiling.
# scope: package
# schemas:
#   - input: schema.plan
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html
#     description: Lifecycle
# custom:
#   id: BKP-RET-001
#   severity: medium
#   subject: plan
#   moments: [check, audit]
#   reads: [plan.rules, tiers]
#   cites: [plan.name, plan.version_id]
#   reasons:
#     retention_too_short: "rule {rule} keeps backups {delete_after_days} days; tier {tier} demands {retention_days}"
#     retention_too_long: >-
#       rule {rule} keeps backups {delete_after_days} days; tier {tier} allows at most {retention_max_days}
#     never_expires: "rule {rule} keeps backups for ever; tier {tier} allows at most {retention_max_days} days"
#   remediation: |
#     Set DeleteAfterDays of the rule's lifecycle inside the tier's range. Recovery points that exist keep the lifecycle
#     they were made with.
#   causes:
#     retention_too_short:
#       problem: keep backups for fewer days than the tier demands
#       named_by: plan.name
#       remediation: |
#         Raise `DeleteAfterDays` of the rule's `Lifecycle` (Terraform: `lifecycle { delete_after }`) to the tier's
#         `retention_days`: `aws backup update-backup-plan`. What exists keeps its own: `aws backup
#         update-recovery-point-lifecycle`.
#     retention_too_long:
#       problem: keep backups for more days than the tier allows
#       named_by: plan.name
#       remediation: |
#         Lower `DeleteAfterDays` of the rule's `Lifecycle` (Terraform: `lifecycle { delete_after }`) to the tier's
#         `retention_max_days`: `aws backup update-backup-plan`.
#     never_expires:
#       problem: keep backups for ever, longer than the tier allows
#       named_by: plan.name
#       remediation: |
#         Set `DeleteAfterDays` of the rule's `Lifecycle` (Terraform: `lifecycle { delete_after }`) to the tier's
#         `retention_max_days` at most: `aws backup update-backup-plan`.
package controls.retention.plan_retention

import data.lib.retention

applicable if {
	some tier in input.tiers
	tier.required
}

compliant if {
	applicable
	count(input.plan.rules) > 0
	every rule in input.plan.rules {
		every tier in required {
			retention.long_enough(rule, tier.retention_days)
			retention.short_enough(rule, object.get(tier, "retention_max_days", null))
		}
	}
}

non_compliant contains {"code": "retention_too_short", "evidence": evidence} if {
	some rule in input.plan.rules
	some tier in required
	retention.too_short(rule, tier.retention_days)
	evidence := {
		"rule": rule.name,
		"tier": tier.name,
		"delete_after_days": rule.delete_after_days,
		"retention_days": tier.retention_days,
	}
}

non_compliant contains {"code": "retention_too_long", "evidence": evidence} if {
	some rule in input.plan.rules
	some tier in required
	retention.too_long(rule, tier.retention_max_days)
	evidence := {
		"rule": rule.name,
		"tier": tier.name,
		"delete_after_days": rule.delete_after_days,
		"retention_max_days": tier.retention_max_days,
	}
}

non_compliant contains {"code": "never_expires", "evidence": evidence} if {
	some rule in input.plan.rules
	some tier in required
	retention.for_ever(rule, tier.retention_max_days)
	evidence := {"rule": rule.name, "tier": tier.name, "retention_max_days": tier.retention_max_days}
}

required := [tier | some tier in input.tiers; tier.required]
