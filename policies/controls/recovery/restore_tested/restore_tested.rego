# METADATA
# title: A restore that is young enough shows that its backups can be restored
# description: |
#   A backup that nobody has restored is a hope. Judged are AWS Backup's restore jobs of the resource, whoever started
#   them and wherever they ran: the newest one that completed must be no older than the tier allows. Where the tier asks
#   for a validation, only a restore counts whose validation was successful; one that is still being validated leaves
#   it open. Where the tier takes a sample, a restore of any resource of the tier and of the same type in the account
#   and Region counts.
#   Restore jobs are known of the audited period, and of its last 30 days at most. Where the tier allows more, that none
#   is listed is no finding. A resource that is itself younger than that and has no such restore is not judged.
#   A finding says which restore-testing plans of the account and Region select the resource, and when the next one is
#   due, or that none does; it decides nothing.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html
#     description: Restore testing
# custom:
#   id: BKP-REC-001
#   severity: high
#   subject: resource
#   demanded_by: tier.restore_test
#   moments: [audit]
#   attestable: true
#   reads:
#     - tier
#     - resource.age_hours
#     - resource.seen_hours
#     - restores.completed
#     - restores.counted
#     - restores.age_days
#     - restores.testing
#   cites: [resource.type, restores.newest, restores.failed, restores.under_way, restores.known_days]
#   reasons:
#     not_restored: >-
#       no restore of it has completed; tier {tier} demands one of the last {max_age_days} days; {testing}
#     not_validated: >-
#       {completed} restores of it completed, and none was validated well; tier {tier} demands one of the last
#       {max_age_days} days; {testing}
#     too_old: >-
#       its newest restore that counts is {age_days} days old; tier {tier} allows {max_age_days}; {testing}
#   remediation: |
#     Let a restore-testing plan of AWS Backup restore it, more often than the tier asks for, and say of each test
#     whether what came back is whole (PutRestoreValidationResult). Where AWS has no restore testing, restore it with
#     StartRestoreJob.
#   causes:
#     not_restored:
#       problem: have not been restored
#       named_by: resource.type
#       remediation: |
#         Make a restore-testing plan with a selection of that type: `aws backup create-restore-testing-plan`, then
#         `aws backup create-restore-testing-selection --restore-testing-selection ProtectedResourceType=…`
#         (Terraform: `aws_backup_restore_testing_plan`, `aws_backup_restore_testing_selection`). For one restore at
#         once: `aws backup start-restore-job`.
#     not_validated:
#       problem: have been restored, and nobody has said that what came back is whole
#       named_by: resource.type
#       remediation: |
#         Set `ValidationWindowHours` of the restore-testing selection, look at what was restored when the event
#         "Restore Job State Change" tells of its completion, and say what you found: `aws backup
#         put-restore-validation-result --restore-job-id … --validation-status SUCCESSFUL`.
#     too_old:
#       problem: have not been restored for too long
#       named_by: resource.type
#       remediation: |
#         Run the restore test more often: `ScheduleExpression` of the restore-testing plan (Terraform:
#         `schedule_expression`). Where tests run and fail, read `StatusMessage`: `aws backup list-restore-jobs
#         --by-status FAILED`.
package controls.recovery.restore_tested

import data.lib.compare

applicable if {
	input.tier.required
	input.tier.restore_test
	not too_young
}

compliant if compare.at_most(input.restores.age_days, input.tier.restore_test.max_age_days)

non_compliant contains {"code": "not_restored", "evidence": evidence} if {
	not compliant
	input.restores.completed == 0
	old_enough
	evidence := {
		"tier": input.tier.name,
		"max_age_days": input.tier.restore_test.max_age_days,
		"testing": testing,
	}
}

non_compliant contains {"code": "not_validated", "evidence": evidence} if {
	not compliant
	compare.above(input.restores.completed, 0)
	input.restores.counted == 0
	old_enough
	evidence := {
		"tier": input.tier.name,
		"max_age_days": input.tier.restore_test.max_age_days,
		"completed": input.restores.completed,
		"testing": testing,
	}
}

non_compliant contains {"code": "too_old", "evidence": evidence} if {
	compare.above(input.restores.age_days, input.tier.restore_test.max_age_days)
	evidence := {
		"tier": input.tier.name,
		"age_days": input.restores.age_days,
		"max_age_days": input.tier.restore_test.max_age_days,
		"testing": testing,
	}
}

testing := object.get(input.restores, "testing", "which restore-testing plans select it is not known")

too_young if {
	input.restores.counted == 0
	compare.at_most(input.resource.age_hours, compare.product(input.tier.restore_test.max_age_days, 24))
}

# Where nothing tells its creation, its first sign is of a day after it at the latest.
old_enough if {
	allowed := compare.product(input.tier.restore_test.max_age_days, 24)
	compare.above(input.resource.seen_hours, allowed - 24)
}
