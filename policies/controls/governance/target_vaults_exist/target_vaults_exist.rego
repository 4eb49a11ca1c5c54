# METADATA
# title: Every vault that a plan's rules lead into exists
# description: |
#   AWS Backup takes a plan whose vault is not there, and so do the backup policies of an organization: each of its jobs
#   then fails. Judged is every vault that a rule names, for backups and for copies, in whichever account and Region it
#   lies. One in a place that was not read is not known.
# scope: package
# schemas:
#   - input: schema.plan
# related_resources:
#   - ref: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html
#     description: Backup policy syntax; the vault must exist in each account and Region
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/vaults.html
#     description: Backup vaults
# custom:
#   id: BKP-GOV-005
#   severity: high
#   subject: plan
#   moments: [audit]
#   reads: [targets]
#   cites: [plan.name, plan.version_id]
#   reasons:
#     vault_missing: "the {kind} of rule {rule} leads into {vault_arn}, and there is no such vault"
#   remediation: |
#     Create the vault, with its key, lock and policy, or lead the rule into one that is there. Of a plan of the
#     organization (its id begins with orgs/) the vault must be there in each account and Region that the policy names.
#   causes:
#     vault_missing:
#       problem: have rules that lead into a vault that does not exist
#       named_by: plan.name
#       remediation: |
#         Create it: `aws backup create-backup-vault --backup-vault-name … --encryption-key-arn …` (Terraform:
#         `aws_backup_vault`; CloudFormation: `AWS::Backup::BackupVault`), in every account and Region that the plan is
#         in. Or change the rule's target: `aws backup update-backup-plan`.
package controls.governance.target_vaults_exist

applicable if count(input.targets) > 0

compliant if {
	applicable
	every target in input.targets { target.exists == true }
}

non_compliant contains {"code": "vault_missing", "evidence": evidence} if {
	some target in input.targets
	target.exists == false
	evidence := {"rule": target.rule, "kind": target.kind, "vault_arn": target.vault_arn}
}
