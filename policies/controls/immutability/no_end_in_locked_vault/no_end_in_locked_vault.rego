# METADATA
# title: No lifecycle without an end leads into a vault with a compliance lock
# description: |
#   Once a compliance lock is in force nobody, AWS included, can delete a recovery point before its end, and one without
#   an end stays for ever, at its cost. A lock with a longest retention refuses such backups (BKP-IMM-002); one without
#   takes them. Judged is each lifecycle of a plan that leads into a vault with a compliance lock, in force or not yet.
# scope: package
# schemas:
#   - input: schema.plan
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
#     description: AWS Backup Vault Lock
# custom:
#   id: BKP-IMM-005
#   severity: medium
#   subject: plan
#   moments: [audit]
#   reads: [lifecycles]
#   cites: [plan.name, plan.version_id]
#   reasons:
#     kept_for_ever: >-
#       the {kind} of rule {rule} never expires, and {vault_arn} has a compliance lock: nobody can ever delete it
#   remediation: |
#     Set DeleteAfterDays of the lifecycle, or lead the rule into a vault without a compliance lock. Until its lock date
#     a lock can be given a longest retention, which refuses such backups.
#   causes:
#     kept_for_ever:
#       problem: keep backups for ever where nobody can delete them
#       named_by: plan.name
#       remediation: |
#         Set `DeleteAfterDays` of the rule's `Lifecycle` (Terraform: `lifecycle { delete_after }`): `aws backup
#         update-backup-plan`. While the lock can still be changed, give it an upper end: `aws backup
#         put-backup-vault-lock-configuration --max-retention-days …`.
package controls.immutability.no_end_in_locked_vault

applicable if count(worm) > 0

compliant if {
	applicable
	every lifecycle in worm { lifecycle.never_expires == false }
}

non_compliant contains {"code": "kept_for_ever", "evidence": evidence} if {
	some lifecycle in worm
	lifecycle.never_expires == true
	evidence := {"rule": lifecycle.rule, "kind": lifecycle.kind, "vault_arn": lifecycle.vault_arn}
}

# with a longest retention BKP-IMM-002 says that the job fails
worm := [lifecycle |
	some lifecycle in input.lifecycles
	lifecycle.lock.mode == "compliance"
	not lifecycle.lock.max_retention_days
]
