# METADATA
# title: A copy in another account has arrived and is kept for as long as the tier demands
# description: |
#   A copy action in a plan proves nothing: judged are the usable copies that lie in another account at the time of the
#   judgement. One of them must be young enough and be kept for long enough: it may be as old as the parameter
#   `copy_max_age_rpos` times the tier's RPO.
#   A resource that is itself younger than that and has no copy yet is not judged. A vault in an account that the run
#   did not read leaves it open.
# scope: package
# schemas:
#   - input: schema.resource
#   - data.parameters: schema.parameters
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
#     description: Creating backup copies across AWS accounts
# custom:
#   id: BKP-ISO-002
#   severity: high
#   subject: resource
#   demanded_by: tier.account_copy
#   moments: [audit]
#   reads:
#     - tier
#     - resource.age_hours
#     - resource.seen_hours
#     - account_copies.count
#     - account_copies.candidates
#   cites:
#     - resource.type
#     - resource.created_at
#     - account_copies.newest
#     - account_copies.failures
#     - account_copies.cause
#   reasons:
#     no_copy: "no usable copy of it lies in another account; tier {tier} demands one"
#     newest_copy_too_old: >-
#       its newest copy in another account is {newest_age_hours} h old; at most {max_age_hours} h are allowed
#     copy_deleted_too_early: >-
#       its copies that are young enough are deleted after {retention_days} days; tier {tier} demands {demanded_days}
#   remediation: |
#     Read the copy jobs that the finding names. Usual causes: the destination vault's access policy or key, a backup
#     that is encrypted with an AWS managed key, cross-account backup that is not enabled in the organization.
#   causes:
#     no_copy:
#       problem: have no usable copy in another account
#       named_by: account_copies.cause
#       remediation: |
#         Read the message of the failed copy job. Where the rule does not copy, add the copy: in Terraform
#         `copy_action { destination_vault_arn = … }` of the plan's rule, in CloudFormation `CopyActions`. Where
#         copies are refused, let the destination vault take them (`backup:CopyIntoBackupVault` in its policy): `aws
#         backup put-backup-vault-access-policy`, let the keys be used, and enable cross-account backup: `aws backup
#         update-global-settings`. Then copy what is there: `aws backup start-copy-job`.
#     newest_copy_too_old:
#       problem: have no copy in another account that is young enough
#       named_by: account_copies.cause
#       remediation: |
#         Read the message of the newest failed copy job: the destination vault's access policy or key, an AWS managed
#         key, a lifecycle outside the destination's lock. Mend it, then copy the newest recovery point:
#         `aws backup start-copy-job --recovery-point-arn … --destination-backup-vault-arn …`.
#     copy_deleted_too_early:
#       problem: have copies in another account that are deleted too early
#       named_by: account_copies.cause
#       remediation: |
#         Lengthen `DeleteAfterDays` of the copy action's `Lifecycle` (Terraform: `copy_action { lifecycle {
#         delete_after } }`). For copies that exist: `aws backup update-recovery-point-lifecycle --lifecycle
#         DeleteAfterDays=…`.
package controls.isolation.copy_in_another_account

import data.lib.compare
import data.lib.copies

applicable if {
	input.tier.required
	input.tier.account_copy
	not too_young
}

compliant if {
	some copy in young
	copies.kept(copy, input.tier.account_copy.retention_days)
}

non_compliant contains {"code": "no_copy", "evidence": evidence} if {
	input.account_copies.count == 0
	compare.above(input.resource.seen_hours, max_age_hours)
	evidence := {"tier": input.tier.name}
}

non_compliant contains {"code": "newest_copy_too_old", "evidence": evidence} if {
	copies.all_too_old(input.account_copies.candidates, max_age_hours)
	evidence := {
		"newest_age_hours": copies.newest_age_hours(input.account_copies.candidates),
		"max_age_hours": max_age_hours,
	}
}

non_compliant contains {"code": "copy_deleted_too_early", "evidence": evidence} if {
	copies.all_short(young, input.tier.account_copy.retention_days)
	evidence := {
		"tier": input.tier.name,
		"retention_days": copies.longest_days(young),
		"demanded_days": input.tier.account_copy.retention_days,
	}
}

young := copies.young(input.account_copies.candidates, max_age_hours)

max_age_hours := input.tier.rpo_hours * data.parameters.controls.copy_max_age_rpos if {
	is_number(input.tier.rpo_hours)
}

too_young if {
	input.account_copies.count == 0
	compare.at_most(input.resource.age_hours, max_age_hours)
}
