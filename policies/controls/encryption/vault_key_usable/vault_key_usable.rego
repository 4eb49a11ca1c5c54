# METADATA
# title: No key that a vault is encrypted with is disabled or deleted
# description: |
#   What a vault keeps under its own key can be restored with that key only. Once the key is disabled, jobs fail; once
#   its waiting period is over, all of these recovery points are lost, whatever lock the vault has. Terraform schedules
#   a key for deletion when it destroys or replaces it. Judged are keys that are among the inputs.
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
#   moments: [check]
#   reads: [key.state]
#   cites: [key.vaults]
#   no_sample_fault: It is asked of keys before they are changed, and an audit does not read their state.
#   reasons:
#     disabled: "a vault is encrypted with it, and it is disabled"
#     deleted: "a vault is encrypted with it, and the change schedules it for deletion"
#   remediation: |
#     Keep the key, and keep it enabled, for as long as a vault has recovery points under it.
#   causes:
#     disabled:
#       problem: are disabled though vaults are encrypted with them
#       named_by: key.vaults
#       remediation: |
#         Terraform: `is_enabled = true`; CloudFormation: `Enabled: true`.
#     deleted:
#       problem: are scheduled for deletion though vaults are encrypted with them
#       named_by: key.vaults
#       remediation: |
#         Keep it. What stays in AWS without Terraform: `removed { from = … lifecycle { destroy = false } }`. One whose
#         deletion is scheduled can be kept until the waiting period is over: `aws kms cancel-key-deletion`.
package controls.encryption.vault_key_usable

applicable if input.key.state

compliant if input.key.state == "enabled"

non_compliant contains {"code": "disabled", "evidence": {}} if input.key.state == "disabled"

non_compliant contains {"code": "deleted", "evidence": {}} if input.key.state == "deleted"
