# METADATA
# title: No recovery point is kept longer than its tier allows
# description: |
#   Judged by the recovery point's own dates, from its creation to its calculated deletion, in whole days, and not by
#   what its plan says today: what exists keeps the lifecycle that it was made with. A copy in another Region is held
#   against the ceiling of `copy`, one in another account against that of `account_copy`, and one that is both against
#   the larger one of those that the tier asks for. What lies where its resource does is held against the tier's own
#   ceiling, be it a copy or what a rule puts into a logically air-gapped vault itself. Without a ceiling nothing is
#   judged, nor is what is only on its way into a logically air-gapped vault: AWS Backup deletes it after the copy.
# scope: package
# schemas:
#   - input: schema.recovery_point
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CalculatedLifecycle.html
#     description: Calculated lifecycle of a recovery point
# custom:
#   id: BKP-RET-005
#   severity: medium
#   subject: recovery_point
#   moments: [audit]
#   reads:
#     - tier
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
#     kept_too_long: "it is deleted {retention_days} days after its creation; tier {tier} allows at most {ceiling_days}"
#     kept_for_ever: "nothing ever deletes it; tier {tier} allows at most {ceiling_days} days"
#   remediation: |
#     Shorten the recovery point's lifecycle (UpdateRecoveryPointLifecycle), and mend the plan that made it. Where
#     somebody needs it for longer, such as for a case in court, waive the finding until then.
#   causes:
#     kept_too_long:
#       problem: are kept for longer than the tier allows
#       named_by: recovery_point.vault_arn
#       remediation: |
#         Shorten it: `aws backup update-recovery-point-lifecycle --backup-vault-name … --recovery-point-arn …
#         --lifecycle DeleteAfterDays=…`; a lock of the vault refuses that. Then lower `DeleteAfterDays` of the plan's
#         rule that makes them (Terraform: `lifecycle { delete_after }`).
#     kept_for_ever:
#       problem: are kept for ever, longer than the tier allows
#       named_by: recovery_point.vault_arn
#       remediation: |
#         Give it an end: `aws backup update-recovery-point-lifecycle --backup-vault-name … --recovery-point-arn …
#         --lifecycle DeleteAfterDays=…`; a lock of the vault refuses that. Then set `DeleteAfterDays` of the plan's
#         rule, or of the on-demand backup, that makes them.
package controls.retention.kept_no_longer

import data.lib.compare

applicable if {
	input.tier.required
	ceiling
	not on_its_way
}

compliant if {
	input.recovery_point.never_expires == false
	compare.below(input.recovery_point.retention_days, ceiling + 1)
}

non_compliant contains {"code": "kept_too_long", "evidence": evidence} if {
	input.recovery_point.never_expires == false
	compare.at_least(input.recovery_point.retention_days, ceiling + 1)
	evidence := {
		"tier": input.tier.name,
		"retention_days": input.recovery_point.retention_days,
		"ceiling_days": ceiling,
	}
}

non_compliant contains {"code": "kept_for_ever", "evidence": evidence} if {
	input.recovery_point.never_expires == true
	evidence := {"tier": input.tier.name, "ceiling_days": ceiling}
}

ceiling := max({one.retention_max_days | some one in demands}) if {
	every one in demands { is_number(one.retention_max_days) }
}

demands contains input.tier if {
	input.recovery_point.in_another_account == false
	input.recovery_point.in_another_region == false
}

demands contains input.tier.copy if input.recovery_point.in_another_region == true

demands contains input.tier.account_copy if input.recovery_point.in_another_account == true

on_its_way if input.recovery_point.delete_after_event == "DELETE_AFTER_COPY"
