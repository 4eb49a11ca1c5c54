# METADATA
# title: Resources are included in at least one backup plan
# description: |
#   As AWS Backup Audit Manager judges it: a resource that a plan selects passes, whatever becomes of its backups.
#   Stopped instances and types that the service does not evaluate are not judged. That an image of an instance holds a
#   volume does not count for the volume. BKP-COV-001 and BKP-FRQ-002 ask for more.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/ec2-resources-protected-by-backup-plan.html
#     description: The rule of AWS Config for EC2 instances
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html
#     description: Controls and remediation
# custom:
#   id: BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN
#   severity: high
#   subject: resource
#   moments: [audit]
#   reads: [audit_manager.protected, audit_manager.selected]
#   cites: [resource.type, protection.explanation]
#   no_sample_fault: Only for that service, examples/organization/audit-manager.yaml shows it.
#   reasons:
#     not_selected: "no backup plan selects it"
#   remediation: |
#     Assign the resource to a backup plan. `auditor explain ARN` says for each selection why it does not select it.
#   causes:
#     not_selected:
#       problem: are in no backup plan
#       named_by: resource.type
#       remediation: |
#         Assign them to a plan: `aws backup create-backup-selection --backup-plan-id … --backup-selection …`.
package controls.audit_manager.protected

applicable if input.audit_manager.protected.in_scope == true

compliant if input.audit_manager.selected == true

non_compliant contains {"code": "not_selected", "evidence": {}} if input.audit_manager.selected == false
