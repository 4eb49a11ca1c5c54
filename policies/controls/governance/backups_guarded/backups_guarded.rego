# METADATA
# title: Service control policies deny everywhere what takes the protection of backups away
# description: |
#   What an account's own administrators may undo protects against nobody who has become one of them. A service control
#   policy binds them, wherever on the path of the account it is attached: the root, an organizational unit or the
#   account. Judged are the actions of the parameter `guard_rails`; a denial may let its `guardians` through, and
#   services of AWS. What is done to keys a resource control policy may deny as well. A condition that tells principals
#   apart otherwise, or is about Regions or tags, leaves it open. In the management account no such policy counts, so it
#   is not asked of it: keep no backups there. An account of no organization is bound by none, and all is open there.
# scope: package
# schemas:
#   - input: schema.account
# related_resources:
#   - ref: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
#     description: Service control policies
# custom:
#   id: BKP-GOV-011
#   severity: high
#   subject: account
#   moments: [audit]
#   reads: [account.management, account.unguarded]
#   cites: [account.excepted]
#   reasons:
#     not_denied: "no control policy of the organization on its path denies {actions} to all but guardians"
#   remediation: |
#     Attach a policy to the root, or to the organizational unit of the account, that denies these actions with the
#     condition `ArnNotLike` on `aws:PrincipalArn` for the guardians: `aws organizations attach-policy`. An account of
#     no organization becomes a member of one first.
#   causes:
#     not_denied:
#       problem: are not kept from taking the protection of backups away
#       named_by: account.excepted
#       remediation: |
#         Deny the actions in a service control policy on the root: `aws organizations create-policy --type
#         SERVICE_CONTROL_POLICY`, then `aws organizations attach-policy`; Terraform: `aws_organizations_policy` and
#         `aws_organizations_policy_attachment`.
package controls.governance.backups_guarded

applicable if {
	input.account.management == false
	input.account.unguarded
}

compliant if {
	applicable
	count(input.account.unguarded) == 0
}

non_compliant contains {"code": "not_denied", "evidence": evidence} if {
	applicable
	count(input.account.unguarded) > 0
	evidence := {"actions": concat(", ", input.account.unguarded)}
}
