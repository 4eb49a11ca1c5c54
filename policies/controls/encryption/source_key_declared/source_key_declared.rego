# METADATA
# title: Every resource whose backups keep its key declares one with which they can be as the tier demands
# description: |
#   A type that AWS Backup does not manage fully keeps the key of its source in its backups, whatever the vault's key
#   is, and most of these types cannot be given another one later: so this is asked before the resource is made. Where
#   the tier demands a customer managed key, a key of AWS or none is a finding; where it demands a copy in another
#   account, a key of AWS is, as AWS shares none of its own: such copies fail. Of a volume without a key of its own the
#   account's defaults for EBS decide, which no input tells. A table of DynamoDB is asked about unless AWS Backup is
#   known to manage its backups fully. An image of an instance has the keys of its volumes: those that inputs declare
#   are judged each by itself. A customer managed key passes as one that can be shared: whether its policy lets the
#   other account use it is not asked here, but in an audit by BKP-ENC-004.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
#     description: Encryption for backups in AWS Backup
# custom:
#   id: BKP-ENC-006
#   severity: high
#   subject: resource
#   moments: [check]
#   reads: [tier, resource.key_manager]
#   cites: [resource.type]
#   no_sample_fault: It is asked of resources before they are made; examples/organization/pull-request shows it.
#   reasons:
#     no_customer_key: "its backups keep its key, which is none of the customer's; tier {tier} demands one of them"
#     not_encrypted: "it is not encrypted, so neither are its backups; tier {tier} demands a customer managed key"
#     not_shared: >-
#       its backups keep its key, which is one of AWS and shared with no other account; tier {tier} demands a copy
#       in another account
#   remediation: |
#     Give the resource a customer managed key when it is made. What is there already gets one by a restore, or by a
#     copy of its snapshot under that key, and not by a change of the attribute, which replaces most types.
#   causes:
#     no_customer_key:
#       problem: are declared without a customer managed key
#       named_by: resource.type
#       remediation: |
#         Terraform: `kms_key_id`, with `encrypted` or `storage_encrypted` where the type has one; `kms_key_arn` of
#         `server_side_encryption` for `aws_dynamodb_table`. CloudFormation: `KmsKeyId`, with `Encrypted` or
#         `StorageEncrypted`; `KMSMasterKeyId` of `SSESpecification` for `AWS::DynamoDB::Table`.
#     not_encrypted:
#       problem: are declared without encryption
#       named_by: resource.type
#       remediation: |
#         Terraform: `storage_encrypted = true` (volumes: `encrypted`) and `kms_key_id`; CloudFormation: the same as
#         `StorageEncrypted` or `Encrypted`, and `KmsKeyId`.
#     not_shared:
#       problem: are declared with a key that cannot be shared
#       named_by: resource.type
#       remediation: |
#         Terraform: `kms_key_id`; CloudFormation: `KmsKeyId`. Let the key's policy name the other account
#         (`kms:Decrypt`, `kms:DescribeKey`, `kms:CreateGrant`).
package controls.encryption.source_key_declared

applicable if {
	input.tier.required
	input.tier.customer_key
	input.resource.key_manager
}

applicable if {
	input.tier.required
	input.tier.account_copy
	input.resource.key_manager
}

compliant if input.resource.key_manager == "CUSTOMER"

compliant if {
	input.resource.key_manager == "NONE"
	input.tier.customer_key == false
}

non_compliant contains {"code": "no_customer_key", "evidence": {"tier": input.tier.name}} if {
	input.tier.customer_key == true
	input.resource.key_manager in {"AWS", "AWS_OR_NONE"}
}

non_compliant contains {"code": "not_encrypted", "evidence": {"tier": input.tier.name}} if {
	input.tier.customer_key == true
	input.resource.key_manager == "NONE"
}

non_compliant contains {"code": "not_shared", "evidence": {"tier": input.tier.name}} if {
	input.tier.account_copy
	input.resource.key_manager == "AWS"
}
