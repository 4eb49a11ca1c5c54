# METADATA
# title: A backup policy of the organization takes effect as it is written
# description: |
#   AWS Organizations refuses a policy with an element or value that it does not know. Of one that it takes, it leaves
#   out silently what a policy above does not allow. Where the policies of an account make no whole plan together, the
#   account keeps the last effective policy that was valid, silently as well. No plan says any of that afterwards.
# scope: package
# schemas:
#   - input: schema.organization_policy
# related_resources:
#   - ref: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html
#     description: Backup policy syntax and examples
#   - ref: https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html
#     description: Inheritance operators
# custom:
#   id: BKP-GOV-002
#   severity: high
#   subject: organization_policy
#   moments: [check]
#   reads: [policy]
#   no_sample_fault: It is asked of policies before they are attached; examples/organization/pull-request shows it.
#   reasons:
#     malformed: "AWS refuses it: {path}: {said}"
#     forbidden: "a part of it has no effect in {where}: {path}: {said}"
#     invalid: "the last valid policy stays in force in {where}: {path}: {said}"
#   remediation: |
#     Write it as the syntax of backup policies has it, with what the policies above allow, and so that each account
#     gets whole plans. `auditor check` on the folder with the tree of the organization says what each account gets.
#   causes:
#     malformed:
#       problem: are refused by AWS
#       named_by: policy.name
#       remediation: |
#         Mend the element at the path. Every value stands under an operator: `{"@@assign": "35"}`.
#     forbidden:
#       problem: have parts that a policy above them forbids
#       named_by: policy.name
#       remediation: |
#         Leave it out, or let the policy above allow the operator in its `@@operators_allowed_for_child_policies`.
#     invalid:
#       problem: are the reason why accounts keep an earlier effective policy
#       named_by: policy.name
#       remediation: |
#         Give the plan what is missing in one of the policies between the root and the account, such as
#         `"regions": {"@@assign": ["eu-west-1"]}`, or take out what is too much.
package controls.governance.policy_takes_effect

applicable if input.policy.name

compliant if not input.policy.fault

non_compliant contains {"code": "malformed", "evidence": evidence} if input.policy.fault.kind == "malformed"

non_compliant contains {"code": "forbidden", "evidence": evidence} if input.policy.fault.kind == "forbidden"

non_compliant contains {"code": "invalid", "evidence": evidence} if input.policy.fault.kind == "invalid"

evidence := {
	"path": input.policy.fault.path,
	"said": input.policy.fault.said,
	"accounts": input.policy.fault.accounts,
	"account_count": input.policy.fault.account_count,
	"where": input.policy.fault.where,
}
