# METADATA
# title: A recovery point was created within the time that is asked for
# description: |
#   As AWS Backup Audit Manager judges it: the newest recovery point in the resource's own account and Region is no
#   older than that. What was copied in from elsewhere, copies elsewhere, and gaps between earlier recovery points are
#   not looked at: BKP-FRQ-001 and BKP-FRQ-002 do that. AWS does not say how old a continuous backup that goes on is;
#   where nothing younger is there this control leaves it open.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/s3-last-backup-recovery-point-created.html
#     description: The rule of AWS Config for S3 buckets
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html
#     description: Controls and remediation
# custom:
#   id: BACKUP_LAST_RECOVERY_POINT_CREATED
#   severity: high
#   subject: resource
#   moments: [audit]
#   reads: [audit_manager.last_point, audit_manager.newest_hours, audit_manager.goes_on]
#   cites: [resource.type]
#   no_sample_fault: Only for that service, examples/organization/audit-manager.yaml shows it.
#   reasons:
#     too_old: "the newest recovery point is {newest_hours} h old; {hours} h are asked for"
#     none: "there is no recovery point in its account and Region; one within {hours} h is asked for"
#   remediation: |
#     Start an on-demand backup, then find out why the schedule brought none.
#   causes:
#     too_old:
#       problem: have no recovery point that is recent enough
#       named_by: resource.type
#       remediation: |
#         Back up now: `aws backup start-backup-job --resource-arn … --backup-vault-name … --iam-role-arn …`; then mend
#         the plan.
#     none:
#       problem: have no recovery point in their account and Region
#       named_by: resource.type
#       remediation: |
#         Back up now: `aws backup start-backup-job --resource-arn … --backup-vault-name … --iam-role-arn …`; then let
#         a plan select it.
package controls.audit_manager.last_point

import data.lib.compare

applicable if input.audit_manager.last_point.in_scope == true

hours := input.audit_manager.last_point.hours

compliant if compare.at_most(input.audit_manager.newest_hours, hours)

non_compliant contains {"code": "too_old", "evidence": evidence} if {
	input.audit_manager.goes_on == false
	compare.above(input.audit_manager.newest_hours, hours)
	evidence := {"newest_hours": input.audit_manager.newest_hours, "hours": hours}
}

non_compliant contains {"code": "none", "evidence": {"hours": hours}} if {
	input.audit_manager.goes_on == false
	not input.audit_manager.newest_hours
}
