# METADATA
# title: No vault's policy opens deletion to everybody or to other accounts
# description: |
#   A policy of a vault that allows the principal * to delete recovery points, shorten their retention, change the
#   policy or the lock, or copy backups out, gives that to every principal of the account, whatever its own policies
#   say. A condition that chooses among them closes it (the organization or the account does not, as all of them are
#   in it), and so does a denial for all but a few. Where these are chosen by what any account can give its own, such
#   as a tag, a name or MFA, that is unknown. What another account is allowed, as a principal or by a condition
#   that names principals of it, is open to that account, but where a condition on the organization is known to leave
#   it out. AWS Backup refuses other accounts whatever they are allowed here but copying into the vault, so such a
#   statement is wrong in any case.
# scope: package
# schemas:
#   - input: schema.vault_policy
# related_resources:
#   - ref: https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html
#     description: Vault access policies
# custom:
#   id: BKP-IMM-004
#   severity: high
#   subject: vault_policy
#   moments: [check, audit]
#   reads: [policy.open_to_everyone, policy.open_to_accounts, policy.accounts_may]
#   cites: [policy.vault]
#   reasons:
#     open_to_everyone: "its policy allows everybody {actions}"
#     open_to_accounts: "its policy allows {actions} to other accounts: {accounts}"
#   remediation: |
#     Name the roles that may do it as principals, or add a condition that says who is meant, such as aws:PrincipalArn.
#     A denial of these actions for all but a break-glass role protects even from administrators.
#   causes:
#     open_to_everyone:
#       problem: are open to everybody
#       named_by: policy.vault
#       remediation: |
#         Replace `"Principal": "*"` by the roles that are meant, or add `"Condition": {"ArnEquals":
#         {"aws:PrincipalArn": "…"}}`.
#     open_to_accounts:
#       problem: are open to other accounts
#       named_by: policy.vault
#       remediation: |
#         Allow other accounts nothing but `backup:CopyIntoBackupVault`.
package controls.immutability.vault_policy_closed

applicable if input.policy.open_to_everyone

compliant if {
	count(input.policy.open_to_everyone) == 0
	count(input.policy.open_to_accounts) == 0
}

non_compliant contains {"code": "open_to_everyone", "evidence": evidence} if {
	count(input.policy.open_to_everyone) > 0
	evidence := {"actions": concat(", ", input.policy.open_to_everyone)}
}

non_compliant contains {"code": "open_to_accounts", "evidence": evidence} if {
	count(input.policy.open_to_accounts) > 0
	evidence := {
		"actions": concat(", ", input.policy.accounts_may),
		"accounts": concat(", ", input.policy.open_to_accounts),
	}
}
