# METADATA
# title: What counts in place of a backup plan keeps as long as the tier demands
# description: |
#   Judged is a resource that no plan selects and that has what its tier accepts as coverage apart from AWS Backup: one
#   such thing that the tier accepts for retention too keeps at least `retention_days`. What is kept no longer than the
#   resource itself is there is kept for its days all the same. Where it is not told whether there is such a thing,
#   BKP-COV-001 says so.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html
#     description: Backup retention period of RDS
# custom:
#   id: BKP-RET-008
#   severity: medium
#   subject: resource
#   moments: [audit]
#   reads: [tier, protection.selected, protection.native_on]
#   cites: [resource.type, protection.native_told]
#   reasons:
#     kept_too_short: "no backup plan protects it, and {native} are too few; tier {tier} demands {retention_days}"
#     not_accepted: "no backup plan protects it, and tier {tier} accepts {native} as coverage, but not for retention"
#   remediation: |
#     Raise the retention of what its service makes, or let a plan of AWS Backup select the resource.
#   causes:
#     kept_too_short:
#       problem: have no backup plan, and what their own service makes is kept for fewer days than the tier demands
#       named_by: resource.type
#       remediation: |
#         Raise it to the tier's `retention_days`: of RDS and Aurora `aws rds modify-db-instance` or `modify-db-cluster`
#         with `--backup-retention-period` (35 at most), of FSx `aws fsx update-file-system` with
#         `AutomaticBackupRetentionDays` (90 at most), of Redshift `aws redshift modify-cluster` with
#         `--automated-snapshot-retention-period`. Lock each snapshot for as long (`aws ec2 lock-snapshot`). Where more
#         is demanded, let a plan of AWS Backup select it.
#     not_accepted:
#       problem: have no backup plan, and nothing that the tier accepts for retention
#       named_by: resource.type
#       remediation: |
#         Let a plan of AWS Backup select it; or, where what its service keeps is enough, name it in the tiers file too
#         under `native: {retention: […]}` of its tier.
package controls.retention.native_retention

import data.lib.compare

applicable if {
	input.tier.required
	input.protection.selected == false
	count(instead) > 0
}

compliant if {
	some one in accepted
	compare.at_least(one.retention_days, input.tier.retention_days)
}

non_compliant contains {"code": "kept_too_short", "evidence": evidence} if {
	count(accepted) > 0
	every one in accepted {
		compare.below(one.retention_days, input.tier.retention_days)
	}
	evidence := {
		"tier": input.tier.name,
		"native": concat(" and ", [one.said | some one in accepted]),
		"retention_days": input.tier.retention_days,
	}
}

non_compliant contains {"code": "not_accepted", "evidence": evidence} if {
	count(accepted) == 0
	evidence := {"tier": input.tier.name, "native": concat(" and ", [one.said | some one in instead])}
}

# What is there in place of a plan.
instead := [one |
	some one in input.protection.native_on
	one.kind in input.tier.native.coverage
]

# What of it counts for retention.
accepted := [one |
	some one in instead
	one.kind in input.tier.native.retention
]
