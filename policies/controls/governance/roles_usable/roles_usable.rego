# METADATA
# title: The role of every selection is there, and AWS Backup may take it on
# description: |
#   AWS Backup does not look at the role of a selection when it is made: where an account has no role of that ARN, or
#   its trust policy does not let backup.amazonaws.com take it on, every job fails. A path that is left out, such as
#   service-role/, names another role. Judged are roles of the plan's own account (BKP-GOV-006 names the others). What
#   a role may do then, and what resource control policies deny, is not judged.
# scope: package
# schemas:
#   - input: schema.plan
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html
#     description: IAM service roles
# custom:
#   id: BKP-GOV-023
#   severity: high
#   subject: plan
#   moments: [audit]
#   reads: [role_states]
#   cites: [plan.name, plan.version_id]
#   reasons:
#     role_missing: "selection {selection} has the role {role_arn}, which its account does not have"
#     role_closed: "selection {selection} has the role {role_arn}, which AWS Backup may not take on"
#   remediation: |
#     Make the role in each account, or name the one that is there with its path, and let its trust policy allow
#     sts:AssumeRole to the service backup.amazonaws.com.
#   causes:
#     role_missing:
#       problem: have selections with a role that their account does not have
#       named_by: plan.name
#       remediation: |
#         `aws iam list-roles` has the roles with their paths. Make the role by a stack set in each account that the
#         plan is for; of a plan of the account itself, `aws backup create-backup-selection` with the right role, then
#         delete the old one.
#     role_closed:
#       problem: have selections with a role that is closed to AWS Backup
#       named_by: plan.name
#       remediation: |
#         `aws iam update-assume-role-policy` with `{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal":
#         {"Service": "backup.amazonaws.com"}}`.
package controls.governance.roles_usable

applicable if count(input.role_states) > 0

compliant if {
	applicable
	every role in input.role_states { role.state == "usable" }
}

non_compliant contains {"code": "role_missing", "evidence": evidence} if {
	some role in input.role_states
	role.state == "missing"
	evidence := {"selection": role.selection, "role_arn": role.role_arn}
}

non_compliant contains {"code": "role_closed", "evidence": evidence} if {
	some role in input.role_states
	role.state == "closed"
	evidence := {"selection": role.selection, "role_arn": role.role_arn}
}
