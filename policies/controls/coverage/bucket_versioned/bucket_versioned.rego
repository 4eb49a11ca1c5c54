# METADATA
# title: Every bucket that a plan selects has versioning enabled
# description: |
#   AWS Backup backs up no bucket without versioning: the jobs fail, and a continuous backup stops when versioning is
#   suspended (aws-backup.md 4.10). Terraform suspends it where an aws_s3_bucket_versioning is deleted.
# scope: package
# schemas:
#   - input: schema.bucket
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/s3-backups.html
#     description: Amazon S3 backups
# custom:
#   id: BKP-COV-002
#   severity: high
#   subject: bucket
#   moments: [check]
#   reads: [bucket.versioning, bucket.was_versioned]
#   cites: [bucket.name, bucket.plans]
#   no_sample_fault: It is asked of buckets before a change of them; examples/organization/pull-request shows it.
#   reasons:
#     not_versioned: "a plan selects it, and its versioning is {versioning}"
#     switched_off: "a plan selects it, and the change takes its versioning away: it is {versioning} afterwards"
#   remediation: |
#     Enable its versioning, or select it in no plan. Let a lifecycle rule of the bucket expire noncurrent versions, or
#     they are kept, and paid for, for ever.
#   causes:
#     not_versioned:
#       problem: are selected by a plan and have no versioning
#       named_by: bucket.name
#       remediation: |
#         Terraform: `aws_s3_bucket_versioning` with `versioning_configuration { status = "Enabled" }`; CloudFormation:
#         `VersioningConfiguration: {Status: Enabled}`.
#     switched_off:
#       problem: are selected by a plan and lose their versioning
#       named_by: bucket.name
#       remediation: |
#         Keep the `aws_s3_bucket_versioning` (a `removed` block with `destroy = false` leaves it to AWS), with the
#         status `Enabled`.
package controls.coverage.bucket_versioned

applicable if input.bucket.versioning

compliant if input.bucket.versioning == "enabled"

non_compliant contains {"code": "not_versioned", "evidence": evidence} if {
	not_enabled
	not input.bucket.was_versioned
}

non_compliant contains {"code": "switched_off", "evidence": evidence} if {
	not_enabled
	input.bucket.was_versioned
}

not_enabled if input.bucket.versioning in {"suspended", "off"}

evidence := {"versioning": input.bucket.versioning}
