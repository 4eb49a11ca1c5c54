# METADATA
# title: Every recovery point is encrypted, by a customer managed key where its tier says so
# description: |
#   Encryption of a recovery point comes from its vault's key or, for some resource types, from the source itself: an
#   unencrypted volume gives an unencrypted snapshot, whatever the vault's key is. An unencrypted recovery point is a
#   finding even where nothing tells the tier of the resource that it is a backup of. Aurora encrypts each cluster that
#   was made since 18 February 2026, and says of one under a key that AWS owns that it is not encrypted: so that is left
#   open of their recovery points.
# scope: package
# schemas:
#   - input: schema.recovery_point
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
#     description: Encryption for backups in AWS Backup
# custom:
#   id: BKP-ENC-001
#   severity: high
#   subject: recovery_point
#   moments: [audit]
#   reads: [tier, recovery_point.encrypted, recovery_point.key_manager]
#   cites:
#     - recovery_point.status
#     - recovery_point.created_at
#     - recovery_point.key_arn
#     - recovery_point.resource_arn
#     - recovery_point.vault_arn
#     - recovery_point.job_id
#   reasons:
#     not_encrypted: "it is not encrypted"
#     not_customer_key: "its key is managed by AWS; tier {tier} demands a customer managed key"
#   remediation: |
#     Copy the recovery point into a vault with the demanded key and delete the first one; encrypt the source, or give
#     the vault a customer managed key, so that the next one is right.
#   causes:
#     not_encrypted:
#       problem: are not encrypted
#       named_by: recovery_point.vault_arn
#       remediation: |
#         Encrypt the source, so that the next one is: for EBS `aws ec2 enable-ebs-encryption-by-default` and a copy
#         of the volume. Copy what is there into a vault with a key, which encrypts it: `aws backup start-copy-job`;
#         then `aws backup delete-recovery-point` the first one.
#     not_customer_key:
#       problem: are encrypted with a key of AWS where a customer managed key is demanded
#       named_by: recovery_point.vault_arn
#       remediation: |
#         Make the vault with a customer managed key (Terraform: `kms_key_arn` of `aws_backup_vault`; CloudFormation:
#         `EncryptionKeyArn`; a vault's key cannot be changed), lead the rules there, and copy what is there: `aws
#         backup start-copy-job`.
package controls.encryption.recovery_point_encrypted

applicable if input.tier.required

applicable if {
	not input.tier
	input.recovery_point.encrypted == false
}

compliant if {
	input.recovery_point.encrypted == true
	input.tier.customer_key == false
}

compliant if {
	input.recovery_point.encrypted == true
	input.tier.customer_key == true
	input.recovery_point.key_manager == "CUSTOMER"
}

non_compliant contains {"code": "not_encrypted", "evidence": {}} if input.recovery_point.encrypted == false

non_compliant contains {"code": "not_customer_key", "evidence": evidence} if {
	input.recovery_point.encrypted == true
	input.tier.customer_key == true
	input.recovery_point.key_manager == "AWS"
	evidence := {"tier": input.tier.name}
}
