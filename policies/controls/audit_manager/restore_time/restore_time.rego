# METADATA
# title: The last restore took no longer than is asked for
# description: |
#   As AWS Backup Audit Manager judges it: the newest completed restore of the resource in its own account and Region
#   took no more minutes than that. Earlier and failed restores are not looked at, nor how long ago it was: BKP-REC-001
#   and its sisters do that. AWS does not say what a resource is that was never restored; this control leaves it open,
#   and so it does where the framework names no time.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/ec2-meets-restore-time-target.html
#     description: The rule of AWS Config for EC2 instances
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html
#     description: Controls and remediation
# custom:
#   id: RESTORE_TIME_FOR_RESOURCES_MEET_TARGET
#   severity: medium
#   subject: resource
#   moments: [audit]
#   reads: [audit_manager.restore_time, audit_manager.restore_minutes]
#   cites: [resource.type]
#   no_sample_fault: Only for that service, examples/organization/audit-manager.yaml shows it.
#   reasons:
#     too_long: "its last restore took {minutes} minutes; {max_minutes} are asked for"
#   remediation: |
#     Find out from the restore job what took so long: the size, cold storage, the type, or the capacity that AWS had.
#   causes:
#     too_long:
#       problem: had a last restore that took longer than is asked for
#       named_by: resource.type
#       remediation: |
#         Look at the job: `aws backup describe-restore-job --restore-job-id …`; keep what must be back soon out of
#         cold storage.
package controls.audit_manager.restore_time

import data.lib.compare

applicable if input.audit_manager.restore_time.in_scope == true

asked := input.audit_manager.restore_time.minutes

took := input.audit_manager.restore_minutes

compliant if compare.at_most(took, asked)

non_compliant contains {"code": "too_long", "evidence": evidence} if {
	compare.above(took, asked)
	evidence := {"minutes": took, "max_minutes": asked}
}
