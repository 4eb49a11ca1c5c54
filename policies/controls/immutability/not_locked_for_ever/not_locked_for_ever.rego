# METADATA
# title: No recovery point that nobody can delete is kept for ever
# description: |
#   In a vault whose compliance lock is in force a recovery point without an end stays for ever: neither its owner nor
#   AWS can delete it or give it an end. Judged is what lies in such vaults now; what plans will bring there is
#   BKP-IMM-005.
# scope: package
# schemas:
#   - input: schema.recovery_point
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
#     description: AWS Backup Vault Lock
# custom:
#   id: BKP-IMM-006
#   severity: medium
#   subject: recovery_point
#   moments: [audit]
#   reads: [recovery_point.never_expires, recovery_point.locked_for_good]
#   cites:
#     - recovery_point.status
#     - recovery_point.created_at
#     - recovery_point.resource_arn
#     - recovery_point.vault_arn
#     - recovery_point.job_id
#   reasons:
#     locked_for_ever: "it has no end, and the compliance lock of its vault lets nobody delete it"
#   remediation: |
#     Nothing can be done about this one: waive the finding, with who accepts the cost. See that no more come: give each
#     lifecycle that leads into the vault an end, on-demand backups and copies among them.
#   causes:
#     locked_for_ever:
#       problem: have no end where nobody can delete anything
#       named_by: recovery_point.vault_arn
#       remediation: |
#         See that no more come: set `DeleteAfterDays` of the rule's `Lifecycle` (Terraform: `lifecycle { delete_after
#         }`), and of on-demand backups and copies into that vault. Waive those that are there.
package controls.immutability.not_locked_for_ever

applicable if input.recovery_point.locked_for_good == true

compliant if {
	applicable
	input.recovery_point.never_expires == false
}

non_compliant contains {"code": "locked_for_ever", "evidence": {}} if {
	applicable
	input.recovery_point.never_expires == true
}
