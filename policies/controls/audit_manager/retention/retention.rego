# METADATA
# title: Recovery points are kept for as long as is asked for
# description: |
#   As AWS Backup Audit Manager judges it: the recovery point's lifecycle keeps it for at least so many days, or for
#   ever. Continuous recovery points have 35 days at most, so that more days than that make a finding of each. Whether
#   one really stayed so long is not looked at: BKP-RET-002 and BKP-RET-003 do that.
# scope: package
# schemas:
#   - input: schema.recovery_point
# related_resources:
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/backup-recovery-point-minimum-retention-check.html
#     description: The rule of AWS Config
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html
#     description: Controls and remediation
# custom:
#   id: BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK
#   severity: medium
#   subject: recovery_point
#   moments: [audit]
#   reads: [audit_manager.retention, audit_manager.set_days, recovery_point.never_expires]
#   cites:
#     - recovery_point.vault_arn
#     - recovery_point.resource_arn
#     - recovery_point.created_at
#     - recovery_point.delete_at
#   no_sample_fault: Only for that service, examples/organization/audit-manager.yaml shows it.
#   reasons:
#     too_short: "it is kept for {days} days; {retention_days} are asked for"
#   remediation: |
#     Give the recovery points a longer lifecycle, and the rule that makes them.
#   causes:
#     too_short:
#       problem: are kept for fewer days than is asked for
#       named_by: recovery_point.vault_arn
#       remediation: |
#         Keep what is there for longer: `aws backup update-recovery-point-lifecycle`; then `DeleteAfterDays` of the
#         rule: `aws backup update-backup-plan`.
package controls.audit_manager.retention

import data.lib.compare

applicable if input.audit_manager.retention.in_scope == true

days := input.audit_manager.retention.retention_days

compliant if input.recovery_point.never_expires == true

compliant if compare.at_least(input.audit_manager.set_days, days)

non_compliant contains {"code": "too_short", "evidence": evidence} if {
	input.recovery_point.never_expires == false
	compare.below(input.audit_manager.set_days, days)
	evidence := {"days": input.audit_manager.set_days, "retention_days": days}
}
