# METADATA
# title: Every key that backups are encrypted with can be used
# description: |
#   What a vault keeps under its own key can be restored with that key only, and a snapshot with the key of its source.
#   Once the key is disabled, or its material is not at hand, jobs and restores fail; once its waiting period is over,
#   all of these recovery points are lost, whatever lock the vault has. Terraform schedules a key for deletion when it
#   destroys or replaces it. A check judges keys of vaults that are among its inputs, an audit those of all vaults and
#   recovery points.
# scope: package
# schemas:
#   - input: schema.key
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
#     description: Encryption for backups in AWS Backup
# custom:
#   id: BKP-ENC-002
#   severity: critical
#   subject: key
#   moments: [check, audit]
#   reads: [key.state]
#   cites: [key.vaults, key.recovery_points, key.deletion_at]
#   reasons:
#     disabled: "backups are encrypted with it, and it is disabled"
#     deleted: "backups are encrypted with it, and its deletion is scheduled"
#     unusable: "backups are encrypted with it, and its key material is not at hand"
#     gone: "backups are encrypted with it, and KMS does not know it any more"
#   remediation: |
#     Keep the key, and keep it enabled, for as long as a vault has recovery points under it.
#   causes:
#     disabled:
#       problem: are disabled though backups need a usable key
#       named_by: key.vaults
#       remediation: |
#         `aws kms enable-key`; Terraform: `is_enabled = true`; CloudFormation: `Enabled: true`.
#     deleted:
#       problem: are scheduled for deletion though backups need a usable key
#       named_by: key.vaults
#       remediation: |
#         Keep it. What stays in AWS without Terraform: `removed { from = … lifecycle { destroy = false } }`. One whose
#         deletion is scheduled can be kept until the waiting period is over: `aws kms cancel-key-deletion`, then `aws
#         kms enable-key`.
#     unusable:
#       problem: have no key material at hand though backups need a usable key
#       named_by: key.vaults
#       remediation: |
#         Import the same key material again (`aws kms import-key-material`), or connect the key store that holds it
#         (`aws kms connect-custom-key-store`).
#     gone:
#       problem: are not known to KMS any more though backups need a usable key
#       named_by: key.vaults
#       remediation: |
#         What was encrypted with them is lost. Make a vault with a key that stays (`aws backup create-backup-vault
#         --encryption-key-arn`), and back up into it.
package controls.encryption.vault_key_usable

applicable if input.key.state

compliant if input.key.state == "enabled"

non_compliant contains {"code": "disabled", "evidence": {}} if input.key.state == "disabled"

non_compliant contains {"code": "deleted", "evidence": {}} if input.key.state == "deleted"

non_compliant contains {"code": "unusable", "evidence": {}} if input.key.state == "unusable"

non_compliant contains {"code": "gone", "evidence": {}} if input.key.state == "gone"
