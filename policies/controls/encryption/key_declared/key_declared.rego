# METADATA
# title: Every vault declares a customer managed key where the tiers backed up into it demand one
# description: |
#   A vault keeps the key that it was made with, so this is asked before it is made. Of what is backed up into it, only
#   types that AWS Backup manages fully get its key: the others keep that of their source, which an audit sees. A copy
#   in another account or Region gets the key of the vault there, whatever the type.
# scope: package
# schemas:
#   - input: schema.vault
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
#     description: Encryption for backups in AWS Backup
# custom:
#   id: BKP-ENC-005
#   severity: high
#   subject: vault
#   moments: [check]
#   reads: [vault.customer_key_for, vault.key_manager]
#   cites: [vault.name]
#   no_sample_fault: It is asked of vaults before they are made; examples/organization/pull-request shows it.
#   reasons:
#     no_customer_key: "its key is one of AWS; tier {tiers} demands a customer managed key of what gets the vault's"
#   remediation: |
#     Give the vault a customer managed key when it is made: its key cannot be changed. Of one that is there, make
#     another vault with such a key, and lead the rules and copies into that.
#   causes:
#     no_customer_key:
#       problem: are declared without a customer managed key
#       named_by: vault.name
#       remediation: |
#         Terraform: `kms_key_arn` of `aws_backup_vault`, `encryption_key_arn` of
#         `aws_backup_logically_air_gapped_backup_vault`; CloudFormation: `EncryptionKeyArn`. On a vault that is there
#         either replaces it: make a second one beside it.
package controls.encryption.key_declared

applicable if count(input.vault.customer_key_for) > 0

compliant if input.vault.key_manager == "CUSTOMER"

non_compliant contains {"code": "no_customer_key", "evidence": evidence} if {
	input.vault.key_manager == "AWS"
	evidence := {"tiers": concat(", ", input.vault.customer_key_for)}
}
