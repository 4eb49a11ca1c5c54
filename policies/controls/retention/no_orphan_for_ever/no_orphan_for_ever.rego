# METADATA
# title: No recovery point of a deleted resource is kept for ever
# description: |
#   The recovery points of a resource that is gone stay as long as their lifecycle says. Without an end nobody thinks of
#   them again: they cost, and keep data that somebody wanted gone. Of what has no end, judged are the resource types
#   that inventories list; a resource in a place that was not read is not known.
# scope: package
# schemas:
#   - input: schema.recovery_point
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/deleting-backups.html
#     description: Deleting backups
# custom:
#   id: BKP-RET-007
#   severity: low
#   subject: recovery_point
#   moments: [audit]
#   reads: [recovery_point.never_expires, recovery_point.resource_gone]
#   cites:
#     - recovery_point.status
#     - recovery_point.created_at
#     - recovery_point.resource_arn
#     - recovery_point.vault_arn
#   reasons:
#     orphan_for_ever: "the resource that it is a backup of is gone, and nothing ever deletes it"
#   remediation: |
#     Decide how long it is needed and give it that end (UpdateRecoveryPointLifecycle). Where somebody demands it for
#     good, waive the finding.
#   causes:
#     orphan_for_ever:
#       problem: are kept for ever though the resource is gone
#       named_by: recovery_point.vault_arn
#       remediation: |
#         Give it an end: `aws backup update-recovery-point-lifecycle --backup-vault-name … --recovery-point-arn …
#         --lifecycle DeleteAfterDays=…`, counted from its creation. A lock of the vault refuses that.
package controls.retention.no_orphan_for_ever

applicable if input.recovery_point.never_expires == false

applicable if is_boolean(input.recovery_point.resource_gone)

compliant if input.recovery_point.never_expires == false

compliant if input.recovery_point.resource_gone == false

non_compliant contains {"code": "orphan_for_ever", "evidence": {}} if {
	input.recovery_point.never_expires == true
	input.recovery_point.resource_gone == true
}
