# METADATA
# title: The longest gap between usable recovery points stays within the tier's RPO
# description: |
#   Looks at the whole audited period, from its start (or the resource's creation, if later) to the time of the
#   judgement, and not only at the newest backup: three missed nights in the middle of a healthy month are found. Only
#   usable recovery points count: completed, and without a message category that says otherwise. A finding rests on the
#   gap that is proven, a pass on the longest that there may be: what nobody could see is neither. A resource that was
#   deleted within the period is judged until its last job or recovery point; one that is itself younger than the RPO
#   and has no recovery point yet is not judged. Where the tier accepts what a service makes by itself for frequency,
#   that is enough if the service tells that every time of the period can be restored, but for the RPO. Where it tells
#   of a part only, a finding is made of the time since the newest that can be restored, by a recovery point or by the
#   service; how it was before is neither a pass nor a finding (what-protects-what.md).
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/creating-a-backup-plan.html
#     description: Backup frequency, start window and completion window
# custom:
#   id: BKP-FRQ-001
#   severity: high
#   subject: resource
#   moments: [audit]
#   deleted_resources: true
#   reads:
#     - tier
#     - resource.age_hours
#     - backups.count
#     - backups.worst_gap_hours
#     - backups.worst_gap_at_most_hours
#     - backups.native_gap_at_most_hours
#     - backups.native_gap_at_least_hours
#   cites:
#     - resource.type
#     - backups.worst_gap_from
#     - backups.worst_gap_to
#     - backups.worst_gap_after
#     - backups.worst_gap_before
#     - backups.worst_gap_cause
#     - slots
#   reasons:
#     gap_exceeds_rpo: "{worst_gap_hours} h without a usable recovery point; tier {tier} allows {rpo_hours} h"
#     nothing_newer: >-
#       {native_gap_hours} h until the judgement without a usable recovery point, and without a time that what protects
#       it apart from AWS Backup can restore; tier {tier} allows {rpo_hours} h
#   remediation: |
#     Read the jobs that the finding names: start missed and failed ones again, and mend what stopped them (permissions,
#     windows that are too short, a plan that does not run often enough).
#   causes:
#     gap_exceeds_rpo:
#       problem: were without a usable recovery point for too long
#       named_by: backups.worst_gap_cause
#       remediation: |
#         Where no plan selects it, mend that first (BKP-COV-001). Else read the jobs that the finding names. Where
#         jobs failed their message says what to mend (role, key, access); where none was started, widen
#         `StartWindowMinutes` of the rule; where none was due, let the rule run on those days: `ScheduleExpression`
#         (Terraform: `schedule`), with `aws backup update-backup-plan`. Make up for it now: `aws backup
#         start-backup-job`.
#     nothing_newer:
#       problem: have nothing new enough to restore, of AWS Backup or of the service itself
#       named_by: resource.type
#       remediation: |
#         Find out what stopped the service's own backups (`auditor explain ARN` shows the newest time that it tells),
#         and back up now: `aws backup start-backup-job`.
package controls.frequency.rpo_attained

import data.lib.compare

applicable if {
	input.tier.required
	not too_young
}

compliant if {
	compare.at_most(input.backups.worst_gap_hours, input.tier.rpo_hours)
	compare.at_most(input.backups.worst_gap_at_most_hours, input.tier.rpo_hours)
}

compliant if covered_apart

non_compliant contains {"code": "gap_exceeds_rpo", "evidence": evidence} if {
	uncovered
	not bare_at_the_end
	evidence := {
		"tier": input.tier.name,
		"worst_gap_hours": input.backups.worst_gap_hours,
		"rpo_hours": input.tier.rpo_hours,
	}
}

non_compliant contains {"code": "nothing_newer", "evidence": evidence} if {
	uncovered
	bare_at_the_end
	evidence := {
		"tier": input.tier.name,
		"native_gap_hours": input.backups.native_gap_at_least_hours,
		"rpo_hours": input.tier.rpo_hours,
	}
}

uncovered if {
	compare.above(input.backups.worst_gap_hours, input.tier.rpo_hours)
	not covered_apart
}

bare_at_the_end if compare.above(input.backups.native_gap_at_least_hours, input.tier.rpo_hours)

covered_apart if compare.at_most(input.backups.native_gap_at_most_hours, input.tier.rpo_hours)

too_young if {
	input.backups.count == 0
	compare.at_most(input.resource.age_hours, input.tier.rpo_hours)
}
