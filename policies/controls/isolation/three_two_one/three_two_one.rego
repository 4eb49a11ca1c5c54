# METADATA
# title: Copies lie apart, one elsewhere and one immutable, and restores show no error
# description: |
#   The rule 3-2-1-1-0, digit by digit, as the tier's `three_two_one` demands it: the data and its backups are three
#   copies, the backups lie in two kinds of places, one of them elsewhere, one immutable, and no restore has failed
#   since the newest one that counts. Counted are vaults with a usable recovery point that is young enough: it may be
#   as old as the parameter `copy_max_age_rpos` times the tier's RPO. Several recovery points of one vault are one
#   copy. Kinds of places differ in account, Region, storage class, or in being logically air-gapped. Immutable is
#   what lies under a compliance lock that is in force, or in a logically air-gapped vault. What protects apart from
#   AWS Backup is not counted.
#   A resource of which nothing is wrong yet, and that is younger than its restores may be old, is not judged.
# scope: package
# schemas:
#   - input: schema.resource
#   - data.parameters: schema.parameters
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
#     description: Logically air-gapped vault
# custom:
#   id: BKP-ISO-005
#   severity: high
#   subject: resource
#   demanded_by: tier.three_two_one
#   moments: [audit]
#   reads:
#     - tier
#     - resource.age_hours
#     - resource.seen_hours
#     - apart.backups
#     - restores.counted
#     - restores.age_days
#     - restores.failed_since
#   cites: [resource.type, account_copies.failures, copies.failures, restores.newest]
#   reasons:
#     too_few_copies: >-
#       3: copies of it that are young enough, with itself: {copies}; tier {tier} demands {asked}
#     too_few_kinds: >-
#       2: kinds of places in which it has backups that are young enough: {kinds}; tier {tier} demands {asked}
#     too_few_elsewhere: >-
#       1: its backups that are young enough and lie in another account or Region: {elsewhere}; tier {tier} demands
#       {asked}
#     too_few_immutable: >-
#       1: its backups that are young enough and immutable: {immutable}; tier {tier} demands {asked}
#     not_restored: "0: no restore of it counts; tier {tier} demands one of the last {max_age_days} days"
#     restore_too_old: "0: its newest restore that counts is {age_days} days old; tier {tier} allows {max_age_days}"
#     restore_failed: >-
#       0: restores of it that failed since the newest that counts, or whose validation did: {failed}; tier {tier}
#       allows {allowed}
#   remediation: |
#     Copy its backups into a vault of another account and Region, best a logically air-gapped one: that is a further
#     copy, of another kind, elsewhere and immutable. Let a restore-testing plan restore it.
#   causes:
#     too_few_copies:
#       problem: have too few copies
#       named_by: resource.type
#       remediation: |
#         Add a copy action to the rule of its plan (Terraform: `copy_action`, CloudFormation: `CopyActions`), then copy
#         what is there: `aws backup start-copy-job`.
#     too_few_kinds:
#       problem: have backups in too few kinds of places
#       named_by: resource.type
#       remediation: |
#         Let the copy lead into another Region, another account or a logically air-gapped vault
#         (`DestinationBackupVaultArn` of the copy action).
#     too_few_elsewhere:
#       problem: have no backup elsewhere
#       named_by: resource.type
#       remediation: |
#         Copy into a vault of another account or Region: `DestinationBackupVaultArn` of the rule's copy action.
#     too_few_immutable:
#       problem: have no immutable backup
#       named_by: resource.type
#       remediation: |
#         Lock the vault in compliance mode (`aws backup put-backup-vault-lock-configuration
#         --changeable-for-days 3`), or copy into a logically air-gapped vault (`aws backup
#         create-logically-air-gapped-backup-vault`).
#     not_restored:
#       problem: have not been restored
#       named_by: resource.type
#       remediation: |
#         Restore it, or let a restore-testing plan do so: `aws backup create-restore-testing-plan`.
#     restore_too_old:
#       problem: have not been restored for too long
#       named_by: resource.type
#       remediation: |
#         Run the restore test more often: `ScheduleExpression` of the restore-testing plan.
#     restore_failed:
#       problem: have restores that failed
#       named_by: resource.type
#       remediation: |
#         Read what failed: `aws backup list-restore-jobs --by-status FAILED`. Mend it, and restore once more.
package controls.isolation.three_two_one

import data.lib.apart
import data.lib.compare

applicable if {
	input.tier.required
	input.tier.three_two_one
	not too_young
}

compliant if {
	every digit, number in there {
		number >= asked[digit]
	}
	compare.at_most(input.restores.age_days, max_age_days)
	compare.at_most(input.restores.failed_since, asked.restore_errors)
}

non_compliant contains {"code": "too_few_copies", "evidence": evidence} if evidence := too_few("copies")

non_compliant contains {"code": "too_few_kinds", "evidence": evidence} if evidence := too_few("kinds")

non_compliant contains {"code": "too_few_elsewhere", "evidence": evidence} if evidence := too_few("elsewhere")

non_compliant contains {"code": "too_few_immutable", "evidence": evidence} if evidence := too_few("immutable")

non_compliant contains {"code": "not_restored", "evidence": evidence} if {
	input.restores.counted == 0
	compare.above(input.resource.seen_hours, compare.product(max_age_days - 1, 24))
	not not_restored_yet
	evidence := {"tier": input.tier.name, "max_age_days": max_age_days}
}

non_compliant contains {"code": "restore_too_old", "evidence": evidence} if {
	compare.above(input.restores.age_days, max_age_days)
	evidence := {"tier": input.tier.name, "age_days": input.restores.age_days, "max_age_days": max_age_days}
}

non_compliant contains {"code": "restore_failed", "evidence": evidence} if {
	compare.above(input.restores.failed_since, asked.restore_errors)
	evidence := {"tier": input.tier.name, "failed": input.restores.failed_since, "allowed": asked.restore_errors}
}

asked := input.tier.three_two_one

max_age_days := input.tier.restore_test.max_age_days

max_age_hours := compare.product(input.tier.rpo_hours, data.parameters.controls.copy_max_age_rpos)

there := apart.counted(input.apart.backups, max_age_hours)

too_few(digit) := {"tier": input.tier.name, digit: there[digit], "asked": asked[digit]} if {
	compare.above(input.resource.seen_hours, max_age_hours)
	there[digit] < asked[digit]
}

# Copies, and a restore, may still come.
too_young if {
	not compliant
	count(non_compliant) == 0
	compare.at_most(input.resource.age_hours, max_age_hours)
}

too_young if {
	count(non_compliant) == 0
	not_restored_yet
}

not_restored_yet if {
	input.restores.counted == 0
	compare.at_most(input.resource.age_hours, compare.product(max_age_days, 24))
}
