# METADATA
# title: No plan is beyond a quota of AWS Backup
# description: |
#   AWS Backup refuses a plan with more than 10 rules, a rule with more than 5 copies, a 101st selection, and so on
#   (aws-backup.md 1.5): the apply or the deployment fails half-way, and what it was to protect is not protected. A
#   backup that would have more than 50 tags, the rule's and the resource's together, fails, or loses tags
#   (aws-backup.md 4.9).
#   Asked about is only what is beyond a quota, by what the inputs declare, and against a run by what the account has
#   already; what is not known is not counted. How many plans AWS Backup takes the parameter `account_quotas` says.
# scope: package
# schemas:
#   - input: schema.quota
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/aws-backup-limits.html
#     description: AWS Backup quotas
# custom:
#   id: BKP-GOV-004
#   severity: medium
#   subject: quota
#   moments: [check]
#   reads: [quota.counts]
#   cites: [quota.plan]
#   no_sample_fault: It is asked of plans before they are made; examples/organization/pull-request shows it.
#   reasons:
#     beyond: "{count} {what}; AWS Backup takes {limit}"
#   remediation: |
#     Divide it: several plans, several selections, a tag in place of single ARNs; or let the rule add fewer tags.
#     Where AWS has raised the quota of plans, say so in the parameter `account_quotas`.
#   causes:
#     beyond:
#       problem: are beyond a quota of AWS Backup
#       named_by: quota.plan
#       remediation: |
#         Divide it into several plans or selections, or select by `selection_tag` (Terraform) or `ListOfTags`
#         (CloudFormation) in place of single ARNs.
package controls.governance.within_quotas

import data.lib.compare

applicable if input.quota.counts

compliant if {
	every one in input.quota.counts { compare.at_most(one.count, one.limit) }
}

non_compliant contains {"code": "beyond", "evidence": evidence} if {
	some one in beyond
	evidence := {"what": one.what, "count": one.count, "limit": one.limit}
}

beyond contains one if {
	some one in input.quota.counts
	compare.above(one.count, one.limit)
}
