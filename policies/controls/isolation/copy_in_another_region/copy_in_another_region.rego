# METADATA
# title: A copy in another Region has arrived and is kept for as long as the tier demands
# description: |
#   A copy action in a plan proves nothing: judged is the newest usable copy that lies in another Region at the time of
#   the judgement, its age and its retention. It may be as old as the parameter `copy_max_age_rpos` times the tier's RPO.
#   A resource that is itself younger than that and has no copy yet is not judged.
# scope: package
# schemas:
#   - input: schema.resource
#   - data.parameters: schema.parameters
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/cross-region-backup.html
#     description: Creating backup copies across AWS Regions
# custom:
#   id: BKP-ISO-001
#   severity: high
#   subject: resource
#   moments: [audit]
#   reads:
#     - tier
#     - resource.age_hours
#     - copies.count
#     - copies.newest_age_hours
#     - copies.retention_days
#     - copies.never_expires
#   cites: [resource.type, resource.created_at, copies.newest, copies.failures]
#   reasons:
#     no_copy: "no usable copy of it lies in another Region; tier {tier} demands one"
#     newest_copy_too_old: "its newest copy in another Region is {newest_age_hours} h old; at most {max_age_hours} h are allowed"
#     copy_deleted_too_early: "its newest copy is deleted after {retention_days} days; tier {tier} demands {demanded_days}"
#   remediation: |
#     Read the copy jobs that the finding names. Usual causes: the destination vault's key or access policy, a Region that
#     is not opted in, a lifecycle outside the range of the destination's lock.
package controls.isolation.copy_in_another_region

import data.lib.numbers

applicable if {
	input.tier.required
	input.tier.copy
	not too_young
}

compliant if {
	numbers.at_least(input.copies.count, 1)
	numbers.at_most(input.copies.newest_age_hours, max_age_hours)
	kept
}

non_compliant contains {"code": "no_copy", "evidence": evidence} if {
	input.copies.count == 0
	evidence := {"tier": input.tier.name}
}

non_compliant contains {"code": "newest_copy_too_old", "evidence": evidence} if {
	numbers.above(input.copies.newest_age_hours, max_age_hours)
	evidence := {"newest_age_hours": input.copies.newest_age_hours, "max_age_hours": max_age_hours}
}

non_compliant contains {"code": "copy_deleted_too_early", "evidence": evidence} if {
	input.copies.never_expires == false
	numbers.below(input.copies.retention_days, input.tier.copy.retention_days)
	evidence := {
		"tier": input.tier.name,
		"retention_days": input.copies.retention_days,
		"demanded_days": input.tier.copy.retention_days,
	}
}

kept if input.copies.never_expires == true

kept if {
	input.copies.never_expires == false
	numbers.at_least(input.copies.retention_days, input.tier.copy.retention_days)
}

max_age_hours := input.tier.rpo_hours * data.parameters.controls.copy_max_age_rpos if {
	is_number(input.tier.rpo_hours)
}

too_young if {
	input.copies.count == 0
	numbers.at_most(input.resource.age_hours, max_age_hours)
}
