# METADATA
# title: The newest backups are as whole as their jobs say
# description: |
#   Where a tier demands whole backups (`whole_backups`), some things are findings that no job reports as a failure:
#   the newest completed job ended with issues that neither the parameter `accepted_completions` nor the tier's
#   `accepted_messages` accept; a continuous backup has stopped and none goes on; what was to go on into an air-gapped
#   vault is still where it was made, as its copies failed; a bucket has no versioning, or has a continuous backup
#   although S3 does not tell EventBridge of its events. The size of a backup proves nothing and is not judged.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html
#     description: Notification options with AWS Backup
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/point-in-time-recovery.html
#     description: Continuous backups and point-in-time recovery
# custom:
#   id: BKP-REC-004
#   severity: high
#   subject: resource
#   demanded_by: tier.whole_backups
#   moments: [audit]
#   reads:
#     - tier
#     - completion.whole
#     - completion.category
#     - completion.message
#     - completion.stream
#     - completion.fallen_back
#     - completion.versioning
#     - completion.events
#   cites: [completion.job_id]
#   reasons:
#     with_issues: "its newest completed backup job ended with {category}: {message}"
#     stream_stopped: "its continuous backup has stopped, and none goes on"
#     fell_back: >-
#       {fallen_back} of its recovery points are still where they were made: they were to go into an air-gapped vault,
#       and their copies failed
#     not_versioned: "it is a bucket, and its versioning is {versioning}"
#     no_events: "its continuous backup needs events, of which the bucket does not tell EventBridge"
#   remediation: |
#     Read the status message of the job (DescribeBackupJob) and mend what it names: a permission of the role, objects
#     that cannot be read, a type that the vault does not take. A continuous backup begins anew with the next job, once
#     versioning and events of the bucket are on and its role may read it. What is accepted belongs into
#     `accepted_messages` of the tier.
#   causes:
#     with_issues:
#       problem: have a newest backup that completed with issues
#       named_by: completion.message
#       remediation: |
#         See what was left out: `aws backup describe-backup-job --backup-job-id …`. Mend the role or the resource, or
#         accept the message in `accepted_messages` of the tier.
#     stream_stopped:
#       problem: have a continuous backup that stopped
#       named_by: completion.stream
#       remediation: |
#         For a bucket: `aws s3api put-bucket-versioning --versioning-configuration Status=Enabled` and `aws s3api
#         put-bucket-notification-configuration` with `EventBridgeConfiguration`; then `aws backup start-backup-job`.
#     fell_back:
#       problem: have backups that did not reach their air-gapped vault
#       named_by: tier.name
#       remediation: |
#         See why the copies failed: `aws backup list-copy-jobs --by-state FAILED`; mostly it is the key of the source
#         or the retention of the vault.
#     not_versioned:
#       problem: are buckets without versioning
#       named_by: completion.versioning
#       remediation: |
#         `aws s3api put-bucket-versioning --versioning-configuration Status=Enabled`; Terraform:
#         `aws_s3_bucket_versioning`.
#     no_events:
#       problem: are buckets with a continuous backup that do not tell EventBridge of events
#       named_by: completion.stream
#       remediation: |
#         `aws s3api put-bucket-notification-configuration` with `EventBridgeConfiguration`; Terraform: `eventbridge =
#         true` in `aws_s3_bucket_notification`.
package controls.recovery.backups_whole

import data.lib.compare

applicable if {
	input.tier.required
	input.tier.whole_backups
	known
}

known if is_boolean(input.completion.whole)

known if is_string(input.completion.stream)

known if input.completion.versioning != "enabled"

compliant if {
	applicable
	object.get(input.completion, "whole", true) == true
	object.get(input.completion, "stream", "running") == "running"
	input.completion.fallen_back == 0
	object.get(input.completion, "versioning", "enabled") == "enabled"
	not no_events
}

non_compliant contains {"code": "with_issues", "evidence": evidence} if {
	applicable
	input.completion.whole == false
	evidence := {"category": input.completion.category, "message": input.completion.message}
}

non_compliant contains {"code": "stream_stopped", "evidence": {}} if {
	applicable
	input.completion.stream == "stopped"
}

non_compliant contains {"code": "fell_back", "evidence": evidence} if {
	applicable
	compare.above(input.completion.fallen_back, 0)
	evidence := {"fallen_back": input.completion.fallen_back}
}

non_compliant contains {"code": "not_versioned", "evidence": evidence} if {
	applicable
	input.completion.versioning != "enabled"
	evidence := {"versioning": input.completion.versioning}
}

non_compliant contains {"code": "no_events", "evidence": {}} if {
	applicable
	no_events
}

no_events if {
	is_string(input.completion.stream)
	input.completion.events == false
}
