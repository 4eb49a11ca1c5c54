# METADATA
# title: Every lifecycle that moves to cold storage keeps its backups there for 90 days
# description: |
#   AWS Backup refuses a lifecycle that deletes less than 90 days after it moves to cold storage: the plan is not made,
#   or not changed, and what it was to protect is not. Judged are the lifecycles of rules and of their copies. One that
#   never deletes is long enough.
# scope: package
# schemas:
#   - input: schema.plan
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html
#     description: Lifecycle
# custom:
#   id: BKP-RET-004
#   severity: high
#   subject: plan
#   moments: [check]
#   reads: [plan.cold]
#   cites: [plan.name]
#   no_sample_fault: It is asked of plans before they are made; examples/organization/pull-request shows it.
#   reasons:
#     cold_too_short: >-
#       the {kind} of rule {rule} moves to cold storage after {move_to_cold_after_days} days and is deleted after
#       {delete_after_days}; AWS Backup demands {least_days} at least
#   remediation: |
#     Delete 90 days after the move to cold storage at the earliest, or leave out the move.
#   causes:
#     cold_too_short:
#       problem: are deleted less than 90 days after they move to cold storage
#       named_by: plan.name
#       remediation: |
#         Set `DeleteAfterDays` to `MoveToColdStorageAfterDays` plus 90 at least (Terraform: `delete_after` and
#         `cold_storage_after`), or leave out the move.
package controls.retention.cold_for_ninety_days

import data.lib.compare

applicable if count(input.plan.cold) > 0

compliant if {
	applicable
	every lifecycle in input.plan.cold {
		kept(lifecycle)
	}
}

non_compliant contains {"code": "cold_too_short", "evidence": evidence} if {
	some lifecycle in input.plan.cold
	lifecycle.never_expires == false
	compare.below(lifecycle.delete_after_days, least(lifecycle))
	evidence := {
		"rule": lifecycle.rule,
		"kind": lifecycle.kind,
		"move_to_cold_after_days": lifecycle.move_to_cold_after_days,
		"delete_after_days": lifecycle.delete_after_days,
		"least_days": least(lifecycle),
	}
}

kept(lifecycle) if lifecycle.never_expires == true

kept(lifecycle) if {
	lifecycle.never_expires == false
	compare.at_least(lifecycle.delete_after_days, least(lifecycle))
}

least(lifecycle) := lifecycle.move_to_cold_after_days + 90 if is_number(lifecycle.move_to_cold_after_days)
