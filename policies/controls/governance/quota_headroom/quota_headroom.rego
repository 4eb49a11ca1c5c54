# METADATA
# title: Plans leave headroom below the quotas of AWS Backup
# description: |
#   AWS Backup refuses the rule, the selection or the plan that is beyond a quota (aws-backup.md 1.5), and what it was
#   to protect is not protected. Asked is whether a plan takes more of a quota than `quota_used_percent` (90 percent
#   where parameters.yaml does not say). AWS raises none of them, but of the ARNs of a selection it does not say so:
#   more of these than AWS Backup takes is left open, for it has raised the quota, and nobody knows to what. The plans
#   and vaults of an account BKP-GOV-025 judges, by the parameter `account_quotas`. Before the merge BKP-GOV-004 says
#   what would be refused.
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
#   reads: [plan.quotas]
#   cites: [plan.name]
#   reasons:
#     nearly_full: "{what}: {count} of the {limit} that AWS Backup takes; at most {percent} % may be used"
#   remediation: |
#     Divide it into several plans or selections, or select by tag in place of single ARNs.
#   causes:
#     nearly_full:
#       problem: are near a quota of AWS Backup
#       named_by: plan.name
#       remediation: |
#         Divide it into several plans or selections (`aws backup create-backup-plan`, `create-backup-selection`), or
#         select by `ListOfTags` in place of single ARNs.
package controls.governance.quota_headroom

import data.lib.compare

applicable if input.plan.quotas

compliant if {
	every one in input.plan.quotas {
		compare.at_most(compare.product(one.count, 100), compare.product(one.limit, percent))
	}
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
