# METADATA
# title: Every vault declares the lock that the tiers backed up into it demand
# description: |
#   Judged is the lock that a vault will have, by its mode: a lock without ChangeableForDays is a governance lock, which
#   whoever has the permission can take away. When a compliance lock comes into force is not judged here: that a later
#   audit sees.
# scope: package
# schemas:
#   - input: schema.vault
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
#     description: AWS Backup Vault Lock
# custom:
#   id: BKP-IMM-003
#   severity: high
#   subject: vault
#   moments: [check]
#   reads: [vault.demanded_lock, vault.lock.mode]
#   cites: [vault.name, vault.demanded_by]
#   no_sample_fault: It is asked of vaults before they are made; examples/organization/pull-request shows it.
#   reasons:
#     not_declared: "it has no lock; a {demanded_lock} lock is demanded"
#     governance_only: "its lock is in governance mode; a compliance lock is demanded"
#   remediation: |
#     Declare a lock of the vault, with ChangeableForDays for a compliance lock. Once these days are over nobody can
#     take it away: check its range first.
#   causes:
#     not_declared:
#       problem: are declared without a lock
#       named_by: vault.name
#       remediation: |
#         Declare it: Terraform `aws_backup_vault_lock_configuration` with `min_retention_days`, and
#         `changeable_for_days` for a compliance lock; CloudFormation `LockConfiguration` with `MinRetentionDays` and
#         `ChangeableForDays`.
#     governance_only:
#       problem: are declared with a governance lock where a compliance lock is demanded
#       named_by: vault.name
#       remediation: |
#         Add `changeable_for_days` (Terraform) or `ChangeableForDays` (CloudFormation), 3 at least.
package controls.immutability.lock_declared

applicable if input.vault.demanded_lock in {"governance", "compliance"}

compliant if input.vault.lock.mode == "compliance"

compliant if {
	input.vault.demanded_lock == "governance"
	input.vault.lock.mode == "governance"
}

non_compliant contains {"code": "not_declared", "evidence": evidence} if {
	input.vault.lock.mode == "none"
	evidence := {"demanded_lock": input.vault.demanded_lock}
}

non_compliant contains {"code": "governance_only", "evidence": {}} if {
	input.vault.demanded_lock == "compliance"
	input.vault.lock.mode == "governance"
}
