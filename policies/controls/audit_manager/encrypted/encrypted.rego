# METADATA
# title: Recovery points are encrypted
# description: |
#   As AWS Backup Audit Manager judges it: AWS Backup says that the recovery point is encrypted. Whose key that is, and
#   whether it can still be used, is not looked at: BKP-ENC-001 and BKP-ENC-002 do that.
# scope: package
# schemas:
#   - input: schema.recovery_point
# related_resources:
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/backup-recovery-point-encrypted.html
#     description: The rule of AWS Config
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html
#     description: Controls and remediation
# custom:
#   id: BACKUP_RECOVERY_POINT_ENCRYPTED
#   severity: high
#   subject: recovery_point
#   moments: [audit]
#   reads: [audit_manager.encrypted, recovery_point.encrypted]
#   cites: [recovery_point.vault_arn, recovery_point.resource_arn, recovery_point.created_at]
#   no_sample_fault: Only for that service, examples/organization/audit-manager.yaml shows it.
#   reasons:
#     not_encrypted: "it is not encrypted"
#   remediation: |
#     Encrypt the source or give the vault a key, as the type asks for it; copy what is there into a vault with a key.
#   causes:
#     not_encrypted:
#       problem: are not encrypted
#       named_by: recovery_point.vault_arn
#       remediation: |
#         Encrypt the source, so that the next one is: for EBS `aws ec2 enable-ebs-encryption-by-default`. Copy what is
#         there: `aws backup start-copy-job`.
package controls.audit_manager.encrypted

applicable if input.audit_manager.encrypted.in_scope == true

compliant if input.recovery_point.encrypted == true

non_compliant contains {"code": "not_encrypted", "evidence": {}} if input.recovery_point.encrypted == false
