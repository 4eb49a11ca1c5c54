# METADATA
# title: A rule of each backup plan backs up often enough and keeps for long enough
# description: |
#   As AWS Backup Audit Manager judges it: one rule that does both is enough, whatever the others do and whether the
#   plan selects anything. BKP-FRQ-003 and BKP-RET-001 look at what is selected. Times are by the clock, without clock
#   changes. AWS does not say how a schedule is judged whose due times are not evenly apart, such as one of weekdays:
#   where the longest time is too long and the shortest is not, this control leaves it open.
# scope: package
# schemas:
#   - input: schema.plan
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html
#     description: Controls and remediation
# custom:
#   id: BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK
#   severity: medium
#   subject: plan
#   moments: [audit]
#   reads: [audit_manager.frequency, audit_manager.rules]
#   cites: [plan.name, plan.version_id]
#   no_sample_fault: Only for that service, examples/organization/audit-manager.yaml shows it.
#   reasons:
#     no_rule: "none of its rules backs up at least every {hours} h and keeps for {retention_days} days"
#   remediation: |
#     Give the plan a rule that backs up often enough and keeps for long enough.
#   causes:
#     no_rule:
#       problem: have no rule that backs up often enough and keeps for long enough
#       named_by: plan.name
#       remediation: |
#         Change `ScheduleExpression` and `Lifecycle.DeleteAfterDays` of a rule: `aws backup update-backup-plan
#         --backup-plan-id … --backup-plan …`.
package controls.audit_manager.frequency

import data.lib.compare

applicable if input.audit_manager.frequency.in_scope == true

asked := input.audit_manager.frequency

kept(rule) if rule.never_expires == true

kept(rule) if compare.at_least(rule.delete_after_days, asked.retention_days)

compliant if {
	some rule in input.audit_manager.rules
	kept(rule)
	compare.at_most(rule.longest_hours, asked.hours)
}

possible if compliant

possible if {
	some rule in input.audit_manager.rules
	kept(rule)
	compare.at_most(rule.shortest_hours, asked.hours)
}

non_compliant contains {"code": "no_rule", "evidence": evidence} if {
	is_array(input.audit_manager.rules)
	not possible
	evidence := {"hours": asked.hours, "retention_days": asked.retention_days}
}
