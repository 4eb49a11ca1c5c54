# METADATA
# title: Every vault has the lock in force that the tiers backed up into it demand
# description: |
#   Judged by mode and lock date, not by the flag that says "locked": a governance lock can be taken away by whoever has
#   the permission, and so can a compliance lock until its lock date has passed. Where governance is demanded, a
#   compliance lock is enough, its date passed or not. Evidence that was read long after as_of proves a compliance lock
#   only, and only one whose lock date lay before as_of.
# scope: package
# schemas:
#   - input: schema.vault
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
#     description: AWS Backup Vault Lock
# custom:
#   id: BKP-IMM-001
#   severity: high
#   subject: vault
#   moments: [audit]
#   reads:
#     - vault.demanded_lock
#     - vault.lock.mode
#     - vault.lock.in_force
#     - vault.lock.compliance_in_force
#     - vault.lock.lock_date
#   cites: [vault.name, vault.demanded_by, vault.lock.min_retention_days, vault.lock.max_retention_days]
#   reasons:
#     not_locked: "it has no lock; a {demanded_lock} lock is demanded"
#     mode_too_weak: "its lock is in {mode} mode; a {demanded_lock} lock is demanded"
#     no_compliance_lock: "no compliance lock was in force; a compliance lock is demanded"
#     lock_not_yet_in_force: "its compliance lock can still be taken away until its lock date, {lock_date}"
#   remediation: |
#     Put the demanded lock on the vault (PutBackupVaultLockConfiguration; ChangeableForDays makes it a compliance
#     lock). Once its lock date has passed nobody can take a compliance lock away: check its range first.
#   causes:
#     not_locked:
#       problem: have no lock
#       named_by: vault.name
#       remediation: |
#         Lock the vault: `aws backup put-backup-vault-lock-configuration --backup-vault-name … --min-retention-days
#         …`, with `--changeable-for-days 3` or more for a compliance lock (Terraform:
#         `aws_backup_vault_lock_configuration`; CloudFormation: `LockConfiguration`). Check its range first: a
#         compliance lock in force cannot be taken away.
#     mode_too_weak:
#       problem: have a lock in governance mode where compliance mode is demanded
#       named_by: vault.name
#       remediation: |
#         Make it a compliance lock: `aws backup put-backup-vault-lock-configuration --changeable-for-days 3` or more
#         (Terraform: `changeable_for_days` of `aws_backup_vault_lock_configuration`; CloudFormation:
#         `ChangeableForDays`). Check its range first: a compliance lock in force cannot be taken away.
#     no_compliance_lock:
#       problem: had no compliance lock in force
#       named_by: vault.name
#       remediation: |
#         Make it a compliance lock: `aws backup put-backup-vault-lock-configuration --changeable-for-days 3` or more
#         (Terraform: `changeable_for_days`; CloudFormation: `ChangeableForDays`).
#     lock_not_yet_in_force:
#       problem: have a compliance lock that can still be taken away
#       named_by: vault.name
#       remediation: |
#         Wait for its lock date, and let nobody call `DeleteBackupVaultLockConfiguration` until then (a service
#         control policy that denies `backup:DeleteBackupVaultLockConfiguration`). Then audit again.
package controls.immutability.vault_locked

applicable if input.vault.demanded_lock in {"governance", "compliance"}

compliant if {
	input.vault.lock.mode == "compliance"
	input.vault.lock.in_force == true
}

compliant if {
	input.vault.demanded_lock == "governance"
	input.vault.lock.mode in {"governance", "compliance"}
}

non_compliant contains {"code": "not_locked", "evidence": evidence} if {
	input.vault.lock.mode == "none"
	evidence := {"demanded_lock": input.vault.demanded_lock}
}

non_compliant contains {"code": "mode_too_weak", "evidence": evidence} if {
	input.vault.demanded_lock == "compliance"
	input.vault.lock.mode == "governance"
	evidence := {"demanded_lock": "compliance", "mode": "governance"}
}

non_compliant contains {"code": "lock_not_yet_in_force", "evidence": evidence} if {
	input.vault.demanded_lock == "compliance"
	input.vault.lock.mode == "compliance"
	input.vault.lock.in_force == false
	evidence := {"lock_date": object.get(input.vault.lock, "lock_date", "unknown")}
}

non_compliant contains {"code": "no_compliance_lock", "evidence": evidence} if {
	input.vault.demanded_lock == "compliance"
	input.vault.lock.compliance_in_force == false
	not input.vault.lock.mode
	evidence := {"demanded_lock": "compliance"}
}
