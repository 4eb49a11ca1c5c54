# METADATA
# title: The account leaves headroom below the quotas of AWS Backup
# description: |
#   AWS Backup refuses a vault, a plan, a recovery point, a legal hold, a framework or report plan of Audit Manager or a
#   restore-testing plan that is beyond a quota (aws-backup.md 1.5): a hold that cannot be placed when a matter comes,
#   or a vault that takes no backups more. Asked is whether an account takes more of one than `quota_used_percent` (90
#   percent where parameters.yaml does not say), in each Region that was read. Report plans count where the parameter
#   `report_plans` has them read, restore-testing plans and their selections where a tier has `restore_test`. AWS raises
#   most quotas for an account that asks: to what, the parameter `account_quotas` says. Where there is more than it
#   says, AWS has raised the quota, and nobody knows how far: that is left open. What single plans take BKP-GOV-010
#   judges.
# scope: package
# schemas:
#   - input: schema.account
#   - data.parameters: schema.parameters
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/aws-backup-limits.html
#     description: AWS Backup quotas
# custom:
#   id: BKP-GOV-025
#   severity: low
#   subject: account
#   moments: [audit]
#   reads: [account.quotas]
#   cites: [account.fullest]
#   reasons:
#     nearly_full: "{what}: {count} of the {limit} that AWS Backup takes; at most {percent} % may be used"
#   remediation: |
#     Delete what nobody needs: empty vaults, plans without selections, holds whose matter is over, frameworks with the
#     same controls, report plans that nobody reads, restore-testing plans without selections. Divide a full vault into
#     several. Ask AWS for more where it raises the quota (Service Quotas), and say in `account_quotas` to what it did.
#   causes:
#     nearly_full:
#       problem: are near a quota of AWS Backup
#       named_by: account.fullest
#       remediation: |
#         Delete what nobody needs, or ask for more: `aws service-quotas list-service-quotas --service-code backup`,
#         `aws service-quotas request-service-quota-increase --service-code backup --quota-code … --desired-value …`,
#         then say so in the parameter `account_quotas`. Of legal holds and restore-testing plans AWS gives
#         no more: `aws backup cancel-legal-hold` for those whose matter is over, `delete-restore-testing-plan`.
package controls.governance.account_headroom

import data.lib.compare

applicable if input.account.quotas

compliant if {
	every one in input.account.quotas {
		compare.at_most(compare.product(one.count, 100), compare.product(one.limit, percent))
	}
}

non_compliant contains {"code": "nearly_full", "evidence": evidence} if {
	some one in input.account.quotas
	compare.above(compare.product(one.count, 100), compare.product(one.limit, percent))
	evidence := {"what": one.what, "count": one.count, "limit": one.limit, "percent": percent}
}

percent := object.get(data.parameters.controls, "quota_used_percent", 90)
