# METADATA
# title: Resources are in a backup plan whose vault is locked
# description: |
#   As AWS Backup Audit Manager judges it: a plan that selects the resource backs up into a vault with a lock, whose
#   range lies within the days that the framework asks for. Governance or compliance mode, a grace time that still
#   runs, and where recovery points really lie are not looked at: BKP-IMM-001 does that. Where AWS's documents do not
#   say how the range is compared, this control takes a lock that admits no retention outside of what is asked for.
# scope: package
# schemas:
#   - input: schema.resource
# related_resources:
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/ec2-resources-protected-by-backup-plan.html
#     description: The rule of AWS Config for EC2 instances
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html
#     description: Controls and remediation
# custom:
#   id: BACKUP_RESOURCES_PROTECTED_BY_BACKUP_VAULT_LOCK
#   severity: medium
#   subject: resource
#   moments: [audit]
#   reads: [audit_manager.vault_lock, audit_manager.locks]
#   cites: [resource.type]
#   no_sample_fault: Only for that service, examples/organization/audit-manager.yaml shows it.
#   reasons:
#     no_lock: "no plan that selects it backs up into a locked vault"
#     other_range: "the locks of {vaults} admit retentions outside of what is asked for"
#   remediation: |
#     Lock the vault that the rules of its plan name.
#   causes:
#     no_lock:
#       problem: have no plan into a locked vault
#       named_by: resource.type
#       remediation: |
#         Lock the vault: `aws backup put-backup-vault-lock-configuration --backup-vault-name … --min-retention-days
#         …`.
#     other_range:
#       problem: are backed up into vaults whose locks admit other retentions
#       named_by: resource.type
#       remediation: |
#         Change the lock while that is possible: `aws backup put-backup-vault-lock-configuration --min-retention-days
#         … --max-retention-days …`.
package controls.audit_manager.vault_lock

import data.lib.compare

applicable if input.audit_manager.vault_lock.in_scope == true

asked := input.audit_manager.vault_lock

fits(lock) if {
	long_enough(lock)
	short_enough(lock)
}

long_enough(_) if not asked.min_retention_days

long_enough(lock) if compare.at_least(lock.min_retention_days, asked.min_retention_days)

short_enough(_) if not asked.max_retention_days

short_enough(lock) if compare.at_most(lock.max_retention_days, asked.max_retention_days)

compliant if {
	some lock in input.audit_manager.locks
	fits(lock)
}

non_compliant contains {"code": "no_lock", "evidence": {}} if input.audit_manager.locks == []

non_compliant contains {"code": "other_range", "evidence": evidence} if {
	count(input.audit_manager.locks) > 0
	not compliant
	evidence := {"vaults": sort([lock.vault | some lock in input.audit_manager.locks])}
}
