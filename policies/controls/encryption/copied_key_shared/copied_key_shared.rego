# METADATA
# title: What has to be copied into another account has a key that the account can use
# description: |
#   A key that AWS manages (`aws/ebs`, `aws/rds`) is shared with no other account, and nobody can change its policy. A
#   type that AWS Backup does not manage fully keeps the key of its source, so that its copies into another account fail
#   then. Judged is the newest usable recovery point in the resource's own account and Region. Types under full
#   management are encrypted anew with the vault's key, and are not judged; nor is a resource without a recovery point.
#   The policy of a key that the customer manages has to let each account use it that the resource's plans copy into;
#   grants are not looked at.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
#     description: Encryption for backups in AWS Backup
# custom:
#   id: BKP-ENC-004
#   severity: high
#   subject: resource
#   demanded_by: tier.account_copy
#   moments: [audit]
#   reads: [tier, account_copies.key, account_copies.key_kept_from]
#   cites: [resource.type, account_copies.failures]
#   reasons:
#     key_of_aws: >-
#       its backups have a key that AWS manages and that no other account can use; tier {tier} demands a copy in another
#       account
#     not_shared: >-
#       the policy of its backups' key does not let these accounts use it, which it is copied into: {accounts}
#   remediation: |
#     Encrypt the resource with a customer managed key that is shared with the other account. What is encrypted already
#     is moved: restore a backup, or copy it within the account, under that key.
#   causes:
#     key_of_aws:
#       problem: have backups under a key that cannot be shared
#       named_by: resource.type
#       remediation: |
#         For EBS make a customer managed key the default of the Region (`aws ec2 modify-ebs-default-kms-key-id`) and
#         restore volumes from a snapshot that is copied under it; for RDS, Aurora, DocumentDB and Neptune restore from
#         a snapshot with another `--kms-key-id`. Let the key's policy name the other account (`kms:Decrypt`,
#         `kms:DescribeKey`, `kms:CreateGrant`).
#     not_shared:
#       problem: have backups under a key that is not shared
#       named_by: resource.type
#       remediation: |
#         Let the key's policy name the account: `aws kms put-key-policy --policy-name default`, with `kms:Decrypt`,
#         `kms:DescribeKey` and `kms:CreateGrant`; Terraform: `policy` of `aws_kms_key`.
package controls.encryption.copied_key_shared

applicable if {
	demanded
	input.account_copies.key in {"AWS", "NONE"}
}

applicable if {
	demanded
	input.account_copies.key_kept_from
}

demanded if {
	input.tier.required
	input.tier.account_copy
}

compliant if input.account_copies.key == "NONE"

compliant if {
	input.account_copies.key == "CUSTOMER"
	count(input.account_copies.key_kept_from) == 0
}

non_compliant contains {"code": "key_of_aws", "evidence": {"tier": input.tier.name}} if {
	input.account_copies.key == "AWS"
}

non_compliant contains {"code": "not_shared", "evidence": evidence} if {
	input.account_copies.key == "CUSTOMER"
	count(input.account_copies.key_kept_from) > 0
	evidence := {"accounts": concat(", ", input.account_copies.key_kept_from)}
}
