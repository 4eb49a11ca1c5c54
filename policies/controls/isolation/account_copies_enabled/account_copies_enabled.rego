# METADATA
# title: An organization whose tiers demand copies in another account lets AWS Backup make them
# description: |
#   AWS Backup copies between accounts of an organization only while its management account has turned that on
#   (isCrossAccountBackupEnabled, which is off by default): without it every such copy fails. Judged is the setting as
#   the management account is told it, where the whole organization is audited and a tier has account_copy. Where it was
#   not told, and where it was read long after as_of, it is not known.
# scope: package
# schemas:
#   - input: schema.organization
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
#     description: Creating backup copies across AWS accounts
# custom:
#   id: BKP-ISO-007
#   severity: high
#   subject: organization
#   moments: [audit]
#   reads: [organization.cross_account_backup, organization.copying_tiers]
#   no_sample_fault: The sample turns it off after its first audit; examples/organization/later-runs.yaml shows it.
#   reasons:
#     copies_off: "copies between its accounts are turned off; {tiers} demand copies in another account"
#   remediation: |
#     In the management account: `aws backup update-global-settings --global-settings
#     isCrossAccountBackupEnabled=true`. Terraform: `aws_backup_global_settings`.
#   causes:
#     copies_off:
#       problem: have copies between accounts turned off
#       named_by: organization.copying_tiers
#       remediation: |
#         In the management account: `aws backup update-global-settings --global-settings
#         isCrossAccountBackupEnabled=true`, in Terraform `aws_backup_global_settings`.
package controls.isolation.account_copies_enabled

applicable if count(input.organization.copying_tiers) > 0

compliant if {
	applicable
	input.organization.cross_account_backup == true
}

non_compliant contains {"code": "copies_off", "evidence": evidence} if {
	applicable
	input.organization.cross_account_backup == false
	evidence := {"tiers": concat(", ", input.organization.copying_tiers)}
}
