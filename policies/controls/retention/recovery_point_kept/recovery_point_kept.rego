# METADATA
# title: Every recovery point is kept for as long as its tier demands
# description: |
#   Judged by the recovery point's own dates, from its creation to its calculated deletion, and not by what its plan
#   says today. A copy in another Region is held against the retention of `copy`, one in another account against that
#   of `account_copy`, and one that is both against the smaller one of those that the tier asks for. A copy that the
#   tier does not ask for is not judged, as is one that lies where its resource does: what a rule puts into a logically
#   air-gapped vault itself is judged by its plan. Nor is what is only on its way there: AWS Backup deletes it after
#   the copy.
# scope: package
# schemas:
#   - input: schema.recovery_point
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CalculatedLifecycle.html
#     description: Calculated lifecycle of a recovery point
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/lag-vault-primary-backup.html
#     description: Logically air-gapped vault as a primary target
# custom:
#   id: BKP-RET-002
#   severity: high
#   subject: recovery_point
#   moments: [audit]
#   reads:
#     - tier
#     - recovery_point.is_copy
#     - recovery_point.in_another_account
#     - recovery_point.in_another_region
#     - recovery_point.delete_after_event
#     - recovery_point.never_expires
#     - recovery_point.retention_days
#   cites:
#     - recovery_point.status
#     - recovery_point.created_at
#     - recovery_point.delete_at
#     - recovery_point.resource_arn
#     - recovery_point.vault_arn
#     - recovery_point.job_id
#   reasons:
#     deleted_too_early: "it is deleted {retention_days} days after its creation; tier {tier} demands {demanded_days}"
#   remediation: |
#     Lengthen the recovery point's lifecycle (UpdateRecoveryPointLifecycle) before its deletion date, and mend the plan
#     that made it.
#   causes:
#     deleted_too_early:
#       problem: are deleted before the tier's retention is over
#       named_by: recovery_point.vault_arn
#       remediation: |
#         Before the day of deletion: `aws backup update-recovery-point-lifecycle --backup-vault-name …
#         --recovery-point-arn … --lifecycle DeleteAfterDays=…`. Then raise `DeleteAfterDays` of the plan's rule that
#         makes them (Terraform: `lifecycle { delete_after }`).
package controls.retention.recovery_point_kept

import data.lib.compare

applicable if {
	input.tier.required
	not beyond_demand
	not on_its_way
}

compliant if input.recovery_point.never_expires == true

compliant if {
	input.recovery_point.never_expires == false
	compare.at_least(input.recovery_point.retention_days, demanded)
}

non_compliant contains {"code": "deleted_too_early", "evidence": evidence} if {
	input.recovery_point.never_expires == false
	compare.below(input.recovery_point.retention_days, demanded)
	evidence := {
		"tier": input.tier.name,
		"retention_days": input.recovery_point.retention_days,
		"demanded_days": demanded,
	}
}

demanded := min({one.retention_days | some one in demands})

demands contains input.tier if input.recovery_point.is_copy == false

demands contains input.tier.copy if input.recovery_point.in_another_region == true

demands contains input.tier.account_copy if input.recovery_point.in_another_account == true

beyond_demand if {
	input.recovery_point.is_copy == true
	demands == set()
}

on_its_way if input.recovery_point.delete_after_event == "DELETE_AFTER_COPY"
