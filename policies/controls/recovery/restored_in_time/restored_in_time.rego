# METADATA
# title: The newest restore took no longer than the tier allows
# description: |
#   Judged is the newest restore job of the resource that completed, whoever started it and wherever it ran, from its
#   start to its completion. Where the tier takes a sample, it is the newest of any resource of the tier and of the same
#   type in the account and Region. What was never restored is not judged here: BKP-REC-001 finds that.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html
#     description: Controls and remediation, "Restore time for resources meet target"
# custom:
#   id: BKP-REC-002
#   severity: medium
#   subject: resource
#   demanded_by: tier.restore_test.max_minutes
#   moments: [audit]
#   attestable: true
#   reads: [tier, restores.minutes]
#   cites: [resource.type, restores.newest]
#   reasons:
#     too_slow: "its newest restore took {minutes} min; tier {tier} allows {max_minutes}"
#   remediation: |
#     Restore from a recovery point that is not in cold storage, and from a snapshot in the Region where the resource is
#     needed. Where the time is what the amount of data takes, give the resource a tier that allows it.
#   causes:
#     too_slow:
#       problem: have taken too long to restore
#       named_by: resource.type
#       remediation: |
#         See which job it was: `aws backup describe-restore-job --restore-job-id …`. Keep the newest recovery points
#         out of cold storage (`MoveToColdStorageAfterDays` of the rule, in Terraform `cold_storage_after`), or let the
#         tier allow more minutes.
package controls.recovery.restored_in_time

import data.lib.compare

applicable if {
	input.tier.required
	input.tier.restore_test.max_minutes
	is_number(input.restores.minutes)
}

compliant if compare.at_most(input.restores.minutes, input.tier.restore_test.max_minutes)

non_compliant contains {"code": "too_slow", "evidence": evidence} if {
	compare.above(input.restores.minutes, input.tier.restore_test.max_minutes)
	evidence := {
		"tier": input.tier.name,
		"minutes": input.restores.minutes,
		"max_minutes": input.tier.restore_test.max_minutes,
	}
}
