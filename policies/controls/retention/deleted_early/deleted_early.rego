# METADATA
# title: No recovery point was deleted before the retention that it was asked for was over
# description: |
#   Holds every good backup job of the period, of its last 30 days at most, as AWS Backup lists no older ones, against
#   the recovery points that are there: one that is gone although the job, or else its rule, asked for a longer
#   retention was deleted by somebody. Copies that remain elsewhere do not change that. A backup whose retention nothing
#   tells is not judged, nor is the temporary recovery point on the way into a logically air-gapped vault.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/deleting-backups.html
#     description: Deleting backups
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupJob.html
#     description: Backup job, with the lifecycle that it was asked for
# custom:
#   id: BKP-RET-003
#   severity: high
#   subject: resource
#   moments: [audit]
#   deleted_resources: true
#   reads: [tier, backups.deleted_early]
#   cites: [resource.type, backups.deleted_early_first]
#   reasons:
#     deleted_before_its_time: >-
#       {deleted_early} of its backup jobs' recovery points were deleted before their retention was over
#   remediation: |
#     Find in CloudTrail who called DeleteRecoveryPoint, or deleted the snapshot in its own service, and take that
#     permission away; a vault lock refuses it to everybody.
#   causes:
#     deleted_before_its_time:
#       problem: had recovery points deleted before their retention was over
#       named_by: resource.type
#       remediation: |
#         Find who did it: `aws cloudtrail lookup-events --lookup-attributes
#         AttributeKey=EventName,AttributeValue=DeleteRecoveryPoint` (or the deletion of the snapshot in its own
#         service). Take that permission away, or lock the vault: `aws backup put-backup-vault-lock-configuration`.
package controls.retention.deleted_early

import data.lib.compare

applicable if input.tier.required

compliant if compare.at_most(input.backups.deleted_early, 0)

non_compliant contains {"code": "deleted_before_its_time", "evidence": evidence} if {
	compare.above(input.backups.deleted_early, 0)
	evidence := {"deleted_early": input.backups.deleted_early}
}
