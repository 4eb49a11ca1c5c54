# METADATA
# title: Nobody but guardians may destroy backups
# description: |
#   Who can delete a recovery point or its vault, take a lock, a hold or a vault's policy away, shorten a lifecycle,
#   let go of a recovery point, delete a key or change its policy, or disable an image can make every backup worthless;
#   so can who opts resource types out, and in the management account who detaches or changes its policies. Judged is
#   what users and roles may do to the vaults, recovery points and keys that there are, by their policies in IAM and
#   permissions boundary, the policy of the vault or key, and the control policies on the path of their account: those
#   for services, and of keys those for resources too. The parameter `destroyers` names those who may. What a vault's
#   lock prevents is not taken off, nor is it followed who can give themselves a permission. Other accounts are refused
#   whatever a vault's policy says (BKP-IMM-004 finds such policies). The root user, roles that are linked to a service,
#   and roles that only AWS Backup takes on are not counted. Where conditions leave open what somebody may do, nothing
#   is said.
# scope: package
# schemas:
#   - input: schema.account
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
#     description: Policy evaluation logic
#   - ref: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
#     description: GetAccountAuthorizationDetails
# custom:
#   id: BKP-GOV-012
#   severity: high
#   subject: account
#   moments: [audit]
#   reads: [account.destroyers, account.unseparated]
#   cites: [account.destroyers_count, account.unseparated_count]
#   reasons:
#     not_guardian: "these may destroy backups and are no guardians: {principals}"
#     not_separated: "these may both run backups and destroy them: {principals}"
#   remediation: |
#     Take these actions from the policies that are named, or deny them to all but guardians in a service control policy
#     on the root (BKP-GOV-011). Who is meant to have them is a guardian: name it in the parameter `destroyers`.
#   causes:
#     not_guardian:
#       problem: have users or roles that may destroy backups and are no guardians
#       named_by: account.destroyers
#       remediation: |
#         Deny the actions to all but guardians in a service control policy on the root: `aws organizations
#         create-policy --type SERVICE_CONTROL_POLICY`; Terraform: `aws_organizations_policy`. Or take them from the
#         policies that are named: `aws iam create-policy-version`, `aws iam detach-role-policy`.
#     not_separated:
#       problem: have users or roles that may both run backups and destroy them
#       named_by: account.unseparated
#       remediation: |
#         Give what destroys backups to roles of its own, and take it from those that run them: `aws iam
#         detach-role-policy`; Terraform: `aws_iam_role_policy_attachment`.
package controls.governance.guardians_alone_destroy

applicable if input.account.destroyers

compliant if {
	count(input.account.destroyers) == 0
	count(object.get(input.account, "unseparated", [])) == 0
}

non_compliant contains {"code": "not_guardian", "evidence": evidence} if {
	count(input.account.destroyers) > 0
	evidence := {"principals": concat(", ", input.account.destroyers)}
}

non_compliant contains {"code": "not_separated", "evidence": evidence} if {
	applicable
	count(input.account.unseparated) > 0
	evidence := {"principals": concat(", ", input.account.unseparated)}
}
