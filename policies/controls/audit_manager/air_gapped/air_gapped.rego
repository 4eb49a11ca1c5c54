# METADATA
# title: Resources have a recent recovery point in a logically air-gapped vault
# description: |
#   As AWS Backup Audit Manager judges it: a logically air-gapped vault of the resource's own account and Region holds
#   a recovery point of it that is no older than asked for. Only the types that the service evaluates are judged.
#   BKP-ISO-002 asks for copies in other accounts, and for their retention.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/s3-resources-in-logically-air-gapped-vault.html
#     description: The rule of AWS Config for S3 buckets
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html
#     description: Controls and remediation
# custom:
#   id: RESOURCES_IN_LOGICALLY_AIR_GAPPED_VAULT
#   severity: high
#   subject: resource
#   moments: [audit]
#   reads: [audit_manager.air_gapped, audit_manager.air_gapped_hours]
#   cites: [resource.type]
#   no_sample_fault: Only for that service, examples/organization/audit-manager.yaml shows it.
#   reasons:
#     too_old: "the newest one in an air-gapped vault is {newest_hours} h old; {hours} h are asked for"
#     none: "no air-gapped vault of its account and Region has one; one within {hours} h is asked for"
#   remediation: |
#     Give a rule of its plan a copy action to a logically air-gapped vault.
#   causes:
#     too_old:
#       problem: have no recent recovery point in an air-gapped vault
#       named_by: resource.type
#       remediation: |
#         Copy more often than is asked for: `aws backup update-backup-plan` with `CopyActions` to the air-gapped
#         vault.
#     none:
#       problem: have no recovery point in an air-gapped vault
#       named_by: resource.type
#       remediation: |
#         Make the vault: `aws backup create-logically-air-gapped-backup-vault`; lead `CopyActions` of the plan's rules
#         there.
package controls.audit_manager.air_gapped

import data.lib.compare

applicable if input.audit_manager.air_gapped.in_scope == true

hours := input.audit_manager.air_gapped.hours

compliant if compare.at_most(input.audit_manager.air_gapped_hours, hours)

non_compliant contains {"code": "too_old", "evidence": evidence} if {
	compare.above(input.audit_manager.air_gapped_hours, hours)
	evidence := {"newest_hours": input.audit_manager.air_gapped_hours, "hours": hours}
}

non_compliant contains {"code": "none", "evidence": {"hours": hours}} if not input.audit_manager.air_gapped_hours
