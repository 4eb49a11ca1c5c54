# METADATA
# title: The newest usable recovery point is no older than the tier's RPO
# description: |
#   Says whether the resource could be restored within its RPO if it were lost at the time of the judgement. A resource
#   that is itself younger than the RPO and has no recovery point yet is not judged. A copy counts wherever it lies;
#   where one may lie in a place that nobody read, no finding is made of that. Where the tier accepts what a service
#   makes by itself for frequency, the newest time that it can restore counts too (what-protects-what.md).
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/recovery-points.html
#     description: Recovery points
# custom:
#   id: BKP-FRQ-002
#   severity: high
#   subject: resource
#   moments: [audit]
#   reads:
#     - tier
#     - resource.age_hours
#     - resource.seen_hours
#     - backups.count
#     - backups.newest_age_hours
#     - backups.newest_age_at_least_hours
#     - backups.native_newest_age_hours
#   cites: [resource.type, resource.created_at, backups.newest, backups.newest_cause, slots, protection.native_told]
#   reasons:
#     newest_too_old: "the newest usable recovery point is {newest_age_hours} h old; tier {tier} allows {rpo_hours} h"
#     no_usable_backup: "it has no usable recovery point; tier {tier} demands one at least every {rpo_hours} h"
#   remediation: |
#     Start an on-demand backup now, then find out from the newest jobs why the schedule brought none.
#   causes:
#     newest_too_old:
#       problem: have no recovery point that is recent enough
#       named_by: backups.newest_cause
#       remediation: |
#         Where no plan selects it, mend that too (BKP-COV-001). Back up now: `aws backup start-backup-job
#         --resource-arn … --backup-vault-name … --iam-role-arn …`. Then mend what kept the schedule from it: where
#         jobs failed their message says what (role, key, access), where none was started the windows
#         (`StartWindowMinutes`), where none was due the `ScheduleExpression` of the rule.
#     no_usable_backup:
#       problem: have no usable recovery point at all
#       named_by: backups.newest_cause
#       remediation: |
#         Back up now: `aws backup start-backup-job --resource-arn … --backup-vault-name … --iam-role-arn …`. Then let
#         a plan select it: `auditor explain ARN` says for each selection why it does not; where jobs fail, their
#         message says what to mend.
package controls.frequency.newest_within_rpo

import data.lib.compare

applicable if {
	input.tier.required
	not too_young
}

compliant if compare.at_most(input.backups.newest_age_hours, input.tier.rpo_hours)

compliant if fresh_apart

non_compliant contains {"code": "newest_too_old", "evidence": evidence} if {
	not fresh_apart
	compare.above(input.backups.newest_age_hours, input.tier.rpo_hours)
	compare.above(input.backups.newest_age_at_least_hours, input.tier.rpo_hours)
	evidence := {
		"tier": input.tier.name,
		"newest_age_hours": input.backups.newest_age_hours,
		"rpo_hours": input.tier.rpo_hours,
	}
}

non_compliant contains {"code": "no_usable_backup", "evidence": evidence} if {
	none
	not fresh_apart
	compare.above(input.resource.seen_hours, input.tier.rpo_hours)
	not may_be_young
	evidence := {"tier": input.tier.name, "rpo_hours": input.tier.rpo_hours}
}

none if {
	compare.at_least(input.backups.count, 0)
	not input.backups.newest_age_hours
}

fresh_apart if compare.at_most(input.backups.native_newest_age_hours, input.tier.rpo_hours)

may_be_young if compare.at_most(input.backups.newest_age_at_least_hours, input.tier.rpo_hours)

too_young if {
	none
	compare.at_most(input.resource.age_hours, input.tier.rpo_hours)
}
