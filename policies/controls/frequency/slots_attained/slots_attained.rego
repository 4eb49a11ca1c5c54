# METADATA
# title: As many of the backups that were due came in time as the tier demands
# description: |
#   The RPO looks at the longest gap; this looks at how often the plans kept what they say. Of the slots of the period
#   whose windows are over, MET and ABSORBED ones came: AWS Backup ran an overlapping rule instead. Asked is where the
#   tier has `attainment_percent`. A slot that nobody can decide counts on both sides: for a pass as missed, for a
#   finding as met. A resource of which no backup was due is not judged here; BKP-COV-001 says that no plan selects it.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html
#     description: Backup plan options and configuration
# custom:
#   id: BKP-FRQ-004
#   severity: medium
#   subject: resource
#   demanded_by: tier.attainment_percent
#   moments: [audit]
#   reads: [tier, slots.owed, slots.came, slots.came_at_most]
#   cites: [resource.type, slots]
#   reasons:
#     too_few: "{came} of {due} backups that were due came in time; tier {tier} demands {demanded} %"
#   remediation: |
#     Read the jobs of the slots that the finding names: mend what made them fail (role, key, access), and widen the
#     windows of what began or ended late.
#   causes:
#     too_few:
#       problem: have missed too many of the backups that were due
#       named_by: resource.type
#       remediation: |
#         Read `slots` of the findings: where jobs failed, their message says what to mend; where none was started or
#         one ended late, widen `StartWindowMinutes` and `CompletionWindowMinutes` of the rule: `aws backup
#         update-backup-plan`.
package controls.frequency.slots_attained

import data.lib.compare

applicable if {
	input.tier.required
	input.tier.attainment_percent
	not nothing_was_due
}

compliant if compare.at_least(compare.product(input.slots.came, 100), demanded)

non_compliant contains {"code": "too_few", "evidence": evidence} if {
	not compliant
	compare.below(compare.product(input.slots.came_at_most, 100), demanded)
	evidence := {
		"came": input.slots.came_at_most,
		"due": input.slots.owed,
		"tier": input.tier.name,
		"demanded": input.tier.attainment_percent,
	}
}

demanded := compare.product(input.slots.owed, input.tier.attainment_percent)

nothing_was_due if compare.at_most(input.slots.owed, 0)
