# METADATA
# title: A copy in another account lies under that account's key and lock, as the tier demands
# description: |
#   Where the tier's `account_copy` has `under`. A copy under a key of the account that it was made to
#   survive is lost with that account, and one in a vault without a lock can be deleted. Judged are the usable copies in
#   another account that are young enough and kept for long enough (BKP-ISO-002); one of them has to have both. A key
#   that AWS owns, or manages in the account of the copy, is that account's. Where compliance is demanded, the lock is
#   in force; where governance is, a compliance lock before its lock date is enough. A copy of which AWS Backup names
#   no key, and a vault that was not read, leave it open.
# scope: package
# schemas:
#   - input: schema.resource
#   - data.parameters: schema.parameters
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
#     description: Encryption for backups in AWS Backup
# custom:
#   id: BKP-ISO-006
#   severity: high
#   subject: resource
#   demanded_by: tier.account_copy.under
#   moments: [audit]
#   reads: [tier, account_copies.held]
#   cites: [resource.type, account_copies.newest]
#   reasons:
#     no_own_key: >-
#       none of its copies in another account that count has a key of the account that it lies in, but {keys}; tier
#       {tier} demands one
#     vault_not_locked: >-
#       none of its copies in another account that count lies under a {demanded_lock} lock, but {locks}; tier {tier}
#       demands one
#     not_both: >-
#       of its copies in another account that count none has both a key of its account and a {demanded_lock} lock; tier
#       {tier} demands one
#   remediation: |
#     Copy into a vault of the other account that has a customer managed key of that account and a lock in force, or
#     into a logically air-gapped one there. The key and the vault of what is there cannot be changed: copy it anew.
#   causes:
#     no_own_key:
#       problem: have no copy in another account under a key of that account
#       named_by: resource.type
#       remediation: |
#         A vault keeps its key: make a new one in the other account with a key of that account (`aws backup
#         create-backup-vault --encryption-key-arn …`; Terraform: `kms_key_arn` of `aws_backup_vault`), and copy into
#         it. A source that is not encrypted may have copies that are not: encrypt it.
#     vault_not_locked:
#       problem: have no copy in another account under a lock
#       named_by: resource.type
#       remediation: |
#         Lock the vault there: `aws backup put-backup-vault-lock-configuration --backup-vault-name …`, with
#         `--changeable-for-days 3` or more for a compliance lock, and wait for its lock date. Check its range first.
#     not_both:
#       problem: have copies in another account with a key or a lock, and none with both
#       named_by: resource.type
#       remediation: |
#         Lock the vault that has a key of its account: `aws backup put-backup-vault-lock-configuration`, or copy into
#         it what is kept under the lock.
package controls.isolation.copy_key_and_lock

import data.lib.compare
import data.lib.copies

applicable if {
	input.tier.required
	demanded
	count(counted) > 0
}

demanded if asked.own_key == true

demanded if asked.lock

compliant if {
	demanded
	some copy in counted
	key_right(copy)
	lock_right(copy)
}

non_compliant contains {"code": "no_own_key", "evidence": evidence} if {
	count(counted) > 0
	count(without_key) == count(counted)
	evidence := {"tier": input.tier.name, "keys": concat(", ", {key_of(copy) | some copy in counted})}
}

non_compliant contains {"code": "vault_not_locked", "evidence": evidence} if {
	count(counted) > 0
	count(without_lock) == count(counted)
	evidence := {
		"tier": input.tier.name,
		"demanded_lock": asked.lock,
		"locks": concat(", ", {copy.lock | some copy in counted}),
	}
}

non_compliant contains {"code": "not_both", "evidence": evidence} if {
	count(without_key) < count(counted)
	count(without_lock) < count(counted)
	every copy in counted { copy in (without_key | without_lock) }
	evidence := {"tier": input.tier.name, "demanded_lock": asked.lock}
}

asked := input.tier.account_copy.under

counted := {copy |
	some copy in copies.young(input.account_copies.held, max_age_hours)
	copies.kept(copy, input.tier.account_copy.retention_days)
}

max_age_hours := compare.product(input.tier.rpo_hours, data.parameters.controls.copy_max_age_rpos)

without_key := {copy |
	asked.own_key == true
	some copy in counted
	copy.key in {"another", "none"}
}

without_lock := {copy |
	some copy in counted
	copy.lock in ({"none", "governance", "pending"} - enough(asked.lock))
}

enough("governance") := {"governance", "pending", "compliance"}

enough("compliance") := {"compliance"}

key_right(_) if not asked.own_key

key_right(copy) if copy.key == "own"

lock_right(_) if not asked.lock

lock_right(copy) if copy.lock in enough(asked.lock)

key_of(copy) := sprintf("one of account %s", [copy.key_account]) if copy.key == "another"

key_of(copy) := "none at all" if copy.key == "none"
