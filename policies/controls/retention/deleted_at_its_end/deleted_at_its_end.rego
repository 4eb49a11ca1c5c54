# METADATA
# title: Every recovery point is deleted when its retention is over
# description: |
#   A recovery point that is EXPIRED is one that AWS Backup tried to delete at its end and could not: it stays, and
#   costs, until somebody acts. What a legal hold or an access point keeps is not EXPIRED, and no finding; nor is one
#   in the hours that AWS Backup takes for a deletion.
# scope: package
# schemas:
#   - input: schema.recovery_point
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/deleting-backups.html
#     description: Deleting backups
# custom:
#   id: BKP-RET-006
#   severity: medium
#   subject: recovery_point
#   moments: [audit]
#   reads: [recovery_point.expired]
#   cites:
#     - recovery_point.status
#     - recovery_point.created_at
#     - recovery_point.delete_at
#     - recovery_point.resource_arn
#     - recovery_point.vault_arn
#   reasons:
#     not_deleted: "its retention is over, and AWS Backup could not delete it"
#   remediation: |
#     Give the role that made it the permission to delete it, or make that role again. Where an EBS Snapshot Lock keeps
#     the snapshot, wait for its end. Then delete the recovery point (DeleteRecoveryPoint).
#   causes:
#     not_deleted:
#       problem: are past the end of the retention and could not be deleted
#       named_by: recovery_point.vault_arn
#       remediation: |
#         See whether the role that made it is still there and may delete: `aws backup describe-recovery-point
#         --backup-vault-name … --recovery-point-arn …` names it and says why. Then `aws backup delete-recovery-point`.
package controls.retention.deleted_at_its_end

applicable if is_boolean(input.recovery_point.expired)

compliant if input.recovery_point.expired == false

non_compliant contains {"code": "not_deleted", "evidence": {}} if input.recovery_point.expired == true
