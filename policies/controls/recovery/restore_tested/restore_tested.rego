# METADATA
# title: A restore that is young enough shows that its backups can be restored
# description: |
#   A backup that nobody has restored is a hope. Judged are AWS Backup's restore jobs of the resource, whoever started
#   them and wherever they ran: the newest one that completed must be no older than the tier allows. Where the tier asks
#   for a validation, only a restore counts whose validation was successful; one that is young enough and still being
#   validated leaves it open. Where the tier asks for another account, only a restore counts that ran in another one
#   than the resource's own; an account that was not read leaves it open. In which VPC one ran is not judged: that takes
#   a call for each restore job.
#   Where the tier takes a sample, a restore of any resource of the tier and of the same type in the account and Region
#   counts. How many of these were restored in the time that the tier allows is judged where it says how many have to
#   be; one that is younger than that, and was not restored, is not among them.
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
#     - restores.placed
#     - restores.counted
#     - restores.age_days
#     - restores.sample.restored
#     - restores.sample.population
#     - restores.sample.needed
#     - restores.testing
#   cites: [resource.type, restores.newest, restores.failed, restores.under_way, restores.known_days]
#   reasons:
#     not_restored: >-
#       no restore of it has completed; tier {tier} demands one of the last {max_age_days} days; {testing}
#     not_apart: >-
#       every restore of it that completed ({completed}) ran in its own account; tier {tier} demands one of the last
#       {max_age_days} days in another account; {testing}
#     not_validated: >-
#       no restore of it that completed where the tier counts them ({completed}) was validated well; tier {tier}
#       demands one of the last {max_age_days} days; {testing}
#     too_old: >-
#       its newest restore that counts is {age_days} days old; tier {tier} allows {max_age_days}; {testing}
#     sample_too_small: >-
#       resources of its tier and type in the account and Region that were restored in the last {max_age_days} days:
#       {restored} of {population}; tier {tier} demands {needed}; {testing}
#   remediation: |
#     Let a restore-testing plan of AWS Backup restore it, more often than the tier asks for, and say of each test
#     whether what came back is whole (PutRestoreValidationResult). Where AWS has no restore testing, restore it with
#     StartRestoreJob. To restore in another account, copy the recovery points there.
#   causes:
#     not_restored:
#       problem: have not been restored
#       named_by: resource.type
#       remediation: |
#         Make a restore-testing plan with a selection of that type: `aws backup create-restore-testing-plan`, then
#         `aws backup create-restore-testing-selection --restore-testing-selection ProtectedResourceType=…`
#         (Terraform: `aws_backup_restore_testing_plan`, `aws_backup_restore_testing_selection`). For one restore at
#         once: `aws backup start-restore-job`.
#     not_apart:
#       problem: have been restored in their own account only
#       named_by: resource.type
#       remediation: |
#         Copy its recovery points into a vault of an account for restores (`CopyActions` of the plan's rule, Terraform:
#         `copy_action`), and let a restore-testing plan of that account restore them.
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
#     sample_too_small:
#       problem: have too small a sample of restores
#       named_by: resource.type
#       remediation: |
#         Let the selection of the restore-testing plan take more of them in, `*` for all of the type:
#         `ProtectedResourceArns` (Terraform: `protected_resource_arns`).
package controls.recovery.restore_tested

import data.lib.compare

applicable if {
	input.tier.required
	input.tier.restore_test
	not too_young
}

compliant if {
	young_enough
	sample_enough
}

non_compliant contains {"code": "not_restored", "evidence": asked} if {
	not young_enough
	input.restores.completed == 0
	old_enough
}

non_compliant contains {"code": "not_apart", "evidence": evidence} if {
	not young_enough
	compare.above(input.restores.completed, 0)
	input.restores.placed == 0
	old_enough
	evidence := object.union(asked, {"completed": input.restores.completed})
}

non_compliant contains {"code": "not_validated", "evidence": evidence} if {
	not young_enough
	compare.above(input.restores.placed, 0)
	input.restores.counted == 0
	old_enough
	evidence := object.union(asked, {"completed": input.restores.placed})
}

non_compliant contains {"code": "too_old", "evidence": evidence} if {
	compare.above(input.restores.age_days, max_age_days)
	evidence := object.union(asked, {"age_days": input.restores.age_days})
}

non_compliant contains {"code": "sample_too_small", "evidence": evidence} if {
	young_enough
	compare.below(input.restores.sample.restored, input.restores.sample.needed)
	evidence := object.union(asked, {
		"restored": input.restores.sample.restored,
		"population": input.restores.sample.population,
		"needed": input.restores.sample.needed,
	})
}

max_age_days := input.tier.restore_test.max_age_days

asked := {"tier": input.tier.name, "max_age_days": max_age_days, "testing": testing}

young_enough if compare.at_most(input.restores.age_days, max_age_days)

sample_enough if {
	not input.tier.restore_test.sample_resources
	not input.tier.restore_test.sample_percent
}

sample_enough if compare.at_least(input.restores.sample.restored, input.restores.sample.needed)

testing := object.get(input.restores, "testing", "which restore-testing plans select it is not known")

too_young if {
	input.restores.counted == 0
	compare.at_most(input.resource.age_hours, compare.product(max_age_days, 24))
}

# Where nothing tells its creation, its first sign is of a day after it at the latest.
old_enough if {
	allowed := compare.product(max_age_days, 24)
	compare.above(input.resource.seen_hours, allowed - 24)
}
