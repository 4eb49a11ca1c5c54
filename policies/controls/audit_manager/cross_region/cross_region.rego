# METADATA
# title: A copy of the resource's backups to another Region is scheduled
# description: |
#   As AWS Backup Audit Manager judges it: a plan that selects the resource has a copy action to a vault in another
#   Region. Whether a copy ever arrived is not looked at: BKP-ISO-001 does that. Where the framework lists regions and
#   only some of them have copies, AWS's documents leave open whether that is enough, and so does this control.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/ec2-resources-protected-by-backup-plan.html
#     description: The rule of AWS Config for EC2 instances
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html
#     description: Controls and remediation
# custom:
#   id: BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION
#   severity: medium
#   subject: resource
#   moments: [audit]
#   reads: [audit_manager.cross_region, audit_manager.copy_regions]
#   cites: [resource.type]
#   no_sample_fault: Only for that service, examples/organization/audit-manager.yaml shows it.
#   reasons:
#     no_copy: "no plan that selects it copies to another Region"
#     not_listed: "no plan that selects it copies to any of {asked}; there are copies to {found}"
#   remediation: |
#     Give a rule of its plan a copy action to a vault in another Region.
#   causes:
#     no_copy:
#       problem: have no copy to another Region scheduled
#       named_by: resource.type
#       remediation: |
#         Add `CopyActions` to a rule: `aws backup update-backup-plan --backup-plan-id … --backup-plan …`.
#     not_listed:
#       problem: have copies scheduled to other regions only
#       named_by: resource.type
#       remediation: |
#         Lead a `CopyActions` entry of a rule to a vault in one of the listed regions: `aws backup
#         update-backup-plan`.
package controls.audit_manager.cross_region

applicable if input.audit_manager.cross_region.in_scope == true

copied_to contains name if some name in input.audit_manager.copy_regions

asked contains name if some name in input.audit_manager.cross_region.regions

lists if count(asked) > 0

compliant if {
	not lists
	count(copied_to) > 0
}

compliant if {
	lists
	count(asked - copied_to) == 0
}

non_compliant contains {"code": "no_copy", "evidence": {}} if input.audit_manager.copy_regions == []

non_compliant contains {"code": "not_listed", "evidence": evidence} if {
	lists
	count(copied_to) > 0
	count(asked & copied_to) == 0
	evidence := {"asked": sort(asked), "found": sort(copied_to)}
}
