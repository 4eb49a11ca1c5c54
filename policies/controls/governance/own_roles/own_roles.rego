# METADATA
# title: The role of every selection is one of the plan's own account
# description: |
#   AWS Backup assumes the selection's role in the account of the resources. A role of another account, such as one that
#   a backup policy of the organization names by a fixed number in place of $account, makes every job fail. That the
#   role is there is another control's question (BKP-GOV-023); what it may do is not judged.
# scope: package
# schemas:
#   - input: schema.plan
# related_resources:
#   - ref: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html
#     description: Backup policy syntax; $account stands for each account
# custom:
#   id: BKP-GOV-006
#   severity: high
#   subject: plan
#   moments: [audit]
#   reads: [roles]
#   cites: [plan.name, plan.version_id]
#   reasons:
#     role_elsewhere: "selection {selection} has the role {role_arn}, which is of another account"
#   remediation: |
#     Name a role of each account: in a policy of the organization `arn:aws:iam::$account:role/…`, and make that role in
#     every account that the policy is attached to.
#   causes:
#     role_elsewhere:
#       problem: have selections with a role of another account
#       named_by: plan.name
#       remediation: |
#         In the organization's policy: `"iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/…"}`. Of a plan of the
#         account itself: `aws backup create-backup-selection` with a role of its own, then delete the old one.
package controls.governance.own_roles

applicable if count(input.roles) > 0

compliant if {
	applicable
	every role in input.roles { role.own_account == true }
}

non_compliant contains {"code": "role_elsewhere", "evidence": evidence} if {
	some role in input.roles
	role.own_account == false
	evidence := {"selection": role.selection, "role_arn": role.role_arn}
}
