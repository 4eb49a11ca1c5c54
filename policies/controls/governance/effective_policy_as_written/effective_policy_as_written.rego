# METADATA
# title: The backup policies of the organization are in force in the account as they are written
# description: |
#   Where the backup policies of an account make no whole plans together, AWS Organizations withholds all of them and
#   the account keeps the last effective policy that was valid. Nothing in the account tells of it. Judged are what AWS
#   Organizations lists as errors of the account, and whether the effective policy that it tells is what its policies
#   come to from the root down. Where several policies at one level assign different values, AWS does not tell which
#   one counts: a difference there is not known. An account that no backup policy is for is not judged.
# scope: package
# schemas:
#   - input: schema.account
# related_resources:
#   - ref: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_effective.html
#     description: Effective backup policies
#   - ref: https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeEffectivePolicy.html
#     description: DescribeEffectivePolicy
# custom:
#   id: BKP-GOV-020
#   severity: high
#   subject: account
#   moments: [audit]
#   reads: [account.backup_policies, account.policy_errors, account.policy_differences]
#   reasons:
#     invalid: "the last valid policy stays in force in it: {errors}"
#     different: "what is in force in it is not what its policies come to: {differences}"
#   remediation: |
#     Mend what `aws organizations list-effective-policy-validation-errors` names in the policies between the root and
#     the account. `auditor check` on the folder with the policies and the tree of the organization says what each
#     account gets, before they are attached.
#   causes:
#     invalid:
#       problem: keep an earlier effective policy, for theirs are not valid together
#       named_by: account.policy_errors
#       remediation: |
#         Give the plan what is missing in one of the policies between the root and the account, or take out what is too
#         much: `aws organizations update-policy`; Terraform: `aws_organizations_policy`.
#     different:
#       problem: have another effective policy than their policies come to
#       named_by: account.policy_differences
#       remediation: |
#         Look at `aws organizations describe-effective-policy --policy-type BACKUP_POLICY --target-id ACCOUNT`, and let
#         the policies say again what is missing there: `aws organizations update-policy`.
package controls.governance.effective_policy_as_written

applicable if input.account.backup_policies > 0

compliant if {
	applicable
	count(input.account.policy_errors) == 0
	count(input.account.policy_differences) == 0
}

non_compliant contains {"code": "invalid", "evidence": evidence} if {
	applicable
	count(input.account.policy_errors) > 0
	evidence := {"errors": concat("; ", input.account.policy_errors)}
}

non_compliant contains {"code": "different", "evidence": evidence} if {
	applicable
	count(input.account.policy_differences) > 0
	evidence := {"differences": concat("; ", input.account.policy_differences)}
}
