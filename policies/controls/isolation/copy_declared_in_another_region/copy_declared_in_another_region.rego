# METADATA
# title: The plans of a resource copy it into another Region as often and for as long as its tier demands
# description: |
#   Judged is what the rules of the plans promise that surely select the resource: copy actions into vaults of
#   another Region that keep their copies for long enough; a copy without a lifecycle is kept as long as what it copies,
#   as the setting `copy_lifecycle` reads it. Between two of these, with the start window, may lie as much time as the
#   newest copy may be old in an audit: the parameter `copy_max_age_rpos` times the tier's RPO. Whether a copy arrives
#   is not judged here: that an audit sees.
#   Of a type that AWS Backup does not copy there, no rule makes one; nor does one that never runs: none is due any
#   more, or a rule that keeps longer runs in its place. What no plan selects is not judged, as it lacks
#   more than the copy.
# scope: package
# schemas:
#   - input: schema.resource
#   - data.parameters: schema.parameters
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/cross-region-backup.html
#     description: Creating backup copies across AWS Regions
# custom:
#   id: BKP-ISO-003
#   severity: high
#   subject: resource
#   moments: [check]
#   reads: [tier, protection.copies]
#   cites: [resource.type, protection.plans]
#   no_sample_fault: It is asked of plans before they are made; examples/organization/pull-request shows it.
#   reasons:
#     no_copy: >-
#       no rule of its plans that runs copies it into another Region; tier {tier} demands a copy for {demanded_days}
#       days
#     copy_too_short: >-
#       its plans keep copies in another Region for {retention_days} days; tier {tier} demands {demanded_days}
#     copies_too_rare: >-
#       up to {worst_interval_hours} h may pass without a copy into another Region; tier {tier} allows
#       {max_age_hours} h
#     copies_end: >-
#       the last copy into another Region is due at {last_due_at}; tier {tier} demands one every {max_age_hours} h
#   remediation: |
#     Let a rule of a plan that selects it copy into a vault of another Region, as often and
#     for as long as the tier demands.
#     Terraform: `copy_action { destination_vault_arn = … lifecycle { delete_after = … } }` in the `rule`.
#     CloudFormation, and AWS Backup's JSON: `CopyActions` of the rule, each with `DestinationBackupVaultArn` and
#     `Lifecycle: {DeleteAfterDays: …}`. A backup policy: `copy_actions` of the rule.
#   causes:
#     no_copy:
#       problem: are selected by plans that make no copy in another Region
#       named_by: resource.type
#       remediation: |
#         Add the copy to a rule of a plan that selects it: Terraform `copy_action { destination_vault_arn = … }`,
#         CloudFormation and AWS Backup's JSON `CopyActions`, a backup policy `copy_actions`. Where AWS Backup does not
#         copy the type there, give it a tier that demands no such copy.
#     copy_too_short:
#       problem: are selected by plans that keep copies in another Region for fewer days than the tier demands
#       named_by: resource.type
#       remediation: |
#         Raise what the copy action keeps to `retention_days` of the tier's `copy`: Terraform `copy_action {
#         lifecycle { delete_after } }`, CloudFormation and AWS Backup's JSON `DeleteAfterDays` of its `Lifecycle`, a
#         backup policy `delete_after_days`.
#     copies_too_rare:
#       problem: are selected by plans that copy into another Region too seldom
#       named_by: resource.type
#       remediation: |
#         Put the copy into a rule that runs more often, or let its rule do so: Terraform `schedule` and `copy_action`
#         of the rule, CloudFormation and AWS Backup's JSON `ScheduleExpression` and `CopyActions`, a backup policy
#         `schedule_expression` and `copy_actions`; such as `cron(0 1 ? * * *)` for every night.
#     copies_end:
#       problem: are selected by plans whose copies into another Region soon end
#       named_by: resource.type
#       remediation: |
#         Take the year out of the schedule of the rule that copies, such as `cron(0 1 ? * * *)` for every night:
#         Terraform `schedule`, CloudFormation and AWS Backup's JSON `ScheduleExpression`, a backup policy
#         `schedule_expression`.
package controls.isolation.copy_declared_in_another_region

import data.lib.copies

applicable if {
	input.tier.required
	input.tier.copy
	input.protection.copies
}

compliant if copies.lasting(kept, max_age_hours)

non_compliant contains {"code": "no_copy", "evidence": evidence} if {
	count(input.protection.copies) == 0
	evidence := {"tier": input.tier.name, "demanded_days": input.tier.copy.retention_days}
}

non_compliant contains {"code": "copy_too_short", "evidence": evidence} if {
	copies.all_short(input.protection.copies, input.tier.copy.retention_days)
	evidence := {
		"tier": input.tier.name,
		"retention_days": copies.longest_days(input.protection.copies),
		"demanded_days": input.tier.copy.retention_days,
	}
}

non_compliant contains {"code": "copies_too_rare", "evidence": evidence} if {
	copies.all_rare(kept, max_age_hours)
	evidence := {
		"tier": input.tier.name,
		"worst_interval_hours": copies.least_interval_hours(kept),
		"max_age_hours": max_age_hours,
	}
}

non_compliant contains {"code": "copies_end", "evidence": evidence} if {
	often := copies.often(kept, max_age_hours)
	copies.all_ending(often)
	evidence := {
		"tier": input.tier.name,
		"last_due_at": copies.last_due_at(often),
		"max_age_hours": max_age_hours,
	}
}

kept := copies.kept_of(input.protection.copies, input.tier.copy.retention_days)

max_age_hours := input.tier.rpo_hours * data.parameters.controls.copy_max_age_rpos if {
	is_number(input.tier.rpo_hours)
}
