# METADATA
# title: A plan's schedule can keep the RPO of every tier that it protects
# description: |
#   A plan that runs Monday to Friday cannot keep an RPO of 24 h, however well its jobs run. Judged is the longest time
#   between two due times of all rules that protect the same resources, or up to the first one, with the start window in
#   which AWS Backup may delay the later one; days of the week, time zone and daylight saving are counted, and rules
#   that AWS Backup never runs, because an overlapping one of longer retention absorbs them, are not.
# scope: package
# schemas:
#   - input: schema.plan
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html
#     description: Backup plan options and configuration
# custom:
#   id: BKP-FRQ-003
#   severity: medium
#   subject: plan
#   moments: [check, audit]
#   reads: [cadences]
#   cites: [plan.name, plan.version_id, plan.rules]
#   reasons:
#     interval_exceeds_rpo: >-
#       up to {worst_interval_hours} h may pass without a backup; tier {tier} ({resources} resources) allows
#       {rpo_hours} h
#     never_fires: "its schedules never fire again; tier {tier} ({resources} resources) allows {rpo_hours} h"
#     schedules_end: >-
#       its schedules fire for the last time at {last_due_at}; tier {tier} ({resources} resources) allows {rpo_hours} h
#   remediation: |
#     Let the plan run more often, on every day of the week, or shorten its start window.
#   causes:
#     interval_exceeds_rpo:
#       problem: back up less often than the tier demands
#       named_by: plan.name
#       remediation: |
#         Let a rule run more often, on every day of the week: `ScheduleExpression` (Terraform: `schedule`) such as
#         `cron(0 1 ? * * *)`, or a shorter `StartWindowMinutes`: `aws backup update-backup-plan`.
#     never_fires:
#       problem: have schedules that never fire again
#       named_by: plan.name
#       remediation: |
#         Correct `ScheduleExpression` (Terraform: `schedule`), such as `cron(0 1 ? * * *)` for every night: `aws
#         backup update-backup-plan`.
#     schedules_end:
#       problem: have schedules that soon fire for the last time
#       named_by: plan.name
#       remediation: |
#         Take the year out of `ScheduleExpression` (Terraform: `schedule`), such as `cron(0 1 ? * * *)` for every
#         night: `aws backup update-backup-plan`.
package controls.frequency.schedule_keeps_rpo

import data.lib.compare

applicable if {
	some tier in input.cadences
	tier.required
}

compliant if {
	applicable
	every tier in required {
		compare.at_most(tier.worst_interval_hours, tier.rpo_hours)
		not ends(tier)
	}
}

non_compliant contains {"code": "interval_exceeds_rpo", "evidence": evidence} if {
	some tier in required
	compare.above(tier.worst_interval_hours, tier.rpo_hours)
	evidence := object.union(allowed(tier), {"worst_interval_hours": tier.worst_interval_hours})
}

non_compliant contains {"code": "never_fires", "evidence": evidence} if {
	some tier in required
	tier.never_fires == true
	evidence := allowed(tier)
}

non_compliant contains {"code": "schedules_end", "evidence": evidence} if {
	some tier in required
	evidence := object.union(allowed(tier), {"last_due_at": tier.last_due_at})
}

required := [tier | some tier in input.cadences; tier.required]

allowed(tier) := {"tier": tier.name, "rpo_hours": tier.rpo_hours, "resources": tier.resources}

ends(tier) if tier.never_fires == true

ends(tier) if tier.last_due_at
