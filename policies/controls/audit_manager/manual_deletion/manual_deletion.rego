# METADATA
# title: Vaults prevent the manual deletion of recovery points
# description: |
#   As AWS Backup Audit Manager judges it: one statement of the vault's access policy denies everybody, for everything,
#   to delete recovery points, to change their lifecycle and to put another policy, except for roles that the framework
#   lists. A lock counts for nothing, not even one in compliance mode: BKP-IMM-001 looks at locks. AWS's own sample of
#   such a policy denies the deletion alone, and does not pass. AWS does not say how other conditions, NotPrincipal and
#   NotAction are read, or three statements with an action each; this control leaves them open.
# scope: package
# schemas:
#   - input: schema.vault
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/controls-and-remediation.html
#     description: Controls and remediation
# custom:
#   id: BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED
#   severity: high
#   subject: vault
#   moments: [audit]
#   reads: [audit_manager.manual_deletion, audit_manager.denials, audit_manager.denial_open]
#   cites: [vault.name]
#   no_sample_fault: Only for that service, examples/organization/audit-manager.yaml shows it.
#   reasons:
#     no_denial: "its policy does not deny everybody to delete points, to change lifecycles and to put policies"
#     exempts_others: "its access policy denies that to all but {found}; the framework allows {allowed}"
#   remediation: |
#     Put an access policy that denies the three actions to the principal * for the resource *.
#   causes:
#     no_denial:
#       problem: have no policy against the manual deletion of recovery points
#       named_by: vault.name
#       remediation: |
#         Deny `backup:DeleteRecoveryPoint`, `backup:UpdateRecoveryPointLifecycle` and
#         `backup:PutBackupVaultAccessPolicy` to `*`: `aws backup put-backup-vault-access-policy --backup-vault-name …
#         --policy …`.
#     exempts_others:
#       problem: have policies that leave out other principals than the framework lists
#       named_by: vault.name
#       remediation: |
#         Take them out of the condition of the denial: `aws backup put-backup-vault-access-policy --backup-vault-name
#         … --policy …`.
package controls.audit_manager.manual_deletion

applicable if input.audit_manager.manual_deletion.in_scope == true

allowed contains name if some name in input.audit_manager.manual_deletion.principals

fits(denial) if every name in denial.exempt {
	name in allowed
}

compliant if {
	some denial in input.audit_manager.denials
	fits(denial)
}

non_compliant contains {"code": "no_denial", "evidence": {}} if {
	input.audit_manager.denials == []
	input.audit_manager.denial_open == false
}

non_compliant contains {"code": "exempts_others", "evidence": evidence} if {
	count(input.audit_manager.denials) > 0
	not compliant
	input.audit_manager.denial_open == false
	found := {name | some denial in input.audit_manager.denials; some name in denial.exempt}
	evidence := {"found": sort(found), "allowed": sort(allowed)}
}
