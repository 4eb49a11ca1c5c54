# METADATA
# title: The plans in the account are those of the effective backup policy of the organization
# description: |
#   AWS Backup makes a plan of the effective policy in each Region that it names. Where it could not, nothing is backed
#   up and no job tells of it. Judged are the Regions that were read: whether each plan of the effective policy is
#   there, has the rules of the policy (vault, schedule, windows, lifecycle, copies) and selects what the policy says
#   with the role that it names, and whether there is a plan of the organization that the policy does not have. What
#   differs within a day after the effective policy changed is not known, and neither are Regions of the policy that
#   the run was not asked to read. An account that no backup policy is for is not judged.
# scope: package
# schemas:
#   - input: schema.account
# related_resources:
#   - ref: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup.html
#     description: Backup policies
# custom:
#   id: BKP-GOV-021
#   severity: high
#   subject: account
#   moments: [audit]
#   reads: [account.backup_policies, account.plan_differences]
#   reasons:
#     different: "its plans are not those of the effective policy: {differences}"
#   remediation: |
#     Look for the event `InvalidOrganizationBackupPlan` of AWS Backup in CloudTrail of the account, and at the trusted
#     access of AWS Backup: `aws organizations list-aws-service-access-for-organization`. Nobody in the account can
#     change such a plan; attaching the policy anew makes it anew.
#   causes:
#     different:
#       problem: have other plans than the effective backup policy says
#       named_by: account.plan_differences
#       remediation: |
#         Give AWS Backup trusted access again: `aws organizations enable-aws-service-access --service-principal
#         backup.amazonaws.com`. Mend what the event `InvalidOrganizationBackupPlan` says of the plan.
package controls.governance.organization_plans_made

applicable if input.account.backup_policies > 0

compliant if {
	applicable
	count(input.account.plan_differences) == 0
}

non_compliant contains {"code": "different", "evidence": evidence} if {
	applicable
	count(input.account.plan_differences) > 0
	evidence := {"differences": concat("; ", input.account.plan_differences)}
}
