# METADATA
# title: Plans leave headroom below the quotas of AWS Backup
# description: |
#   AWS Backup refuses the rule, the selection or the plan that is beyond a quota (aws-backup.md 1.5), and what it was
#   to protect is not protected. Asked is whether a plan takes more of a quota than `quota_used_percent` (90 percent
#   where parameters.yaml does not say), and whether the backups of a resource that it selects would have more than 50
#   tags, the rule's and the resource's together: such a backup fails, or loses tags (aws-backup.md 4.9). AWS raises
#   none of these quotas, but of the ARNs of a selection it does not say so: more of these than AWS Backup takes is left
#   open, for it has raised the quota, and nobody knows to what. The plans and vaults of an account BKP-GOV-025 judges,
#   by the parameter `account_quotas`. Before the merge BKP-GOV-004 says what would be refused.
# scope: package
# schemas:
#   - input: schema.plan
#   - data.parameters: schema.parameters
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/aws-backup-limits.html
#     description: AWS Backup quotas
# custom:
#   id: BKP-GOV-010
#   severity: low
#   subject: plan
#   moments: [audit]
#   reads: [plan.overtagged, plan.quotas]
#   cites: [plan.name]
#   reasons:
#     nearly_full: "{what}: {count} of the {limit} that AWS Backup takes; at most {percent} % may be used"
#     too_many_tags: "backups of {resource} by rule {rule} would have {count} tags; AWS Backup takes {limit}"
#   remediation: |
#     Divide it into several plans or selections, or select by tag in place of single ARNs. Take tags away from the rule
#     or from the resource where backups would have too many; a key that both have counts once.
#   causes:
#     nearly_full:
#       problem: are near a quota of AWS Backup
#       named_by: plan.name
#       remediation: |
#         Divide it into several plans or selections (`aws backup create-backup-plan`, `create-backup-selection`), or
#         select by `ListOfTags` in place of single ARNs.
#     too_many_tags:
#       problem: have backups with more tags than AWS Backup takes
#       named_by: plan.name
#       remediation: |
#         Take tags out of `RecoveryPointTags` of the rule (`aws backup update-backup-plan`), or away from the resource
#         (`aws resourcegroupstaggingapi untag-resources`).
package controls.governance.quota_headroom

import data.lib.compare

applicable if input.plan.quotas

compliant if {
	every one in input.plan.quotas {
		compare.at_most(compare.product(one.count, 100), compare.product(one.limit, percent))
	}
	count(input.plan.overtagged) == 0
}

non_compliant contains {"code": "too_many_tags", "evidence": evidence} if {
	some one in input.plan.overtagged
	evidence := {"resource": one.resource, "rule": one.rule, "count": one.count, "limit": 50}
}

non_compliant contains {"code": "nearly_full", "evidence": evidence} if {
	some one in nearly_full
	evidence := {"what": one.what, "count": one.count, "limit": one.limit, "percent": percent}
}

nearly_full contains one if {
	some one in input.plan.quotas
	compare.above(compare.product(one.count, 100), compare.product(one.limit, percent))
}

percent := object.get(data.parameters.controls, "quota_used_percent", 90)
