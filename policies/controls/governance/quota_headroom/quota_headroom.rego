# METADATA
# title: Plans leave headroom below the quotas of AWS Backup
# description: |
#   AWS Backup refuses the rule, the selection or the plan that is beyond a quota (aws-backup.md 1.5), and what it was
#   to protect is not protected. Asked is whether a plan takes more of a quota than `quota_used_percent` (90 percent
#   where parameters.yaml does not say). What is beyond a quota is there because AWS has raised it: how far is not
#   known, so it is not judged. Before the merge BKP-GOV-004 says what would be refused.
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
#     nearly_full: "{count} {what} of {limit} that AWS Backup takes; at most {percent} % may be used"
#   remediation: |
#     Divide it into several plans or selections, select by tag in place of single ARNs, or let AWS raise the quota
#     where it can be raised (Service Quotas).
#   causes:
#     nearly_full:
#       problem: are near a quota of AWS Backup
#       named_by: plan.name
#       remediation: |
#         Divide it into several plans or selections, select by `ListOfTags` in place of single ARNs, or ask for more:
#         `aws service-quotas request-service-quota-increase --service-code backup --quota-code … --desired-value …`.
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
