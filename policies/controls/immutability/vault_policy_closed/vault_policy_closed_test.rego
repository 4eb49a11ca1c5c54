package controls.immutability.vault_policy_closed_test

import data.controls.immutability.vault_policy_closed as control

policy(everyone, accounts, actions) := {"policy": {
	"open_to_everyone": everyone,
	"open_to_accounts": accounts,
	"accounts_may": actions,
}}

both := ["backup:DeleteBackupVault", "backup:DeleteRecoveryPoint"]

test_what_opens_nothing_is_compliant if {
	found := policy([], [], [])
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_one_action_for_everybody_is_a_finding if {
	found := policy(["backup:DeleteRecoveryPoint"], [], [])
	control.applicable with input as found
	not control.compliant with input as found
	reason := {"code": "open_to_everyone", "evidence": {"actions": "backup:DeleteRecoveryPoint"}}
	control.non_compliant == {reason} with input as found
}

test_one_other_account_is_a_finding if {
	found := policy([], ["999988887777"], both)
	control.applicable with input as found
	not control.compliant with input as found
	evidence := {"actions": concat(", ", both), "accounts": "999988887777"}
	control.non_compliant == {{"code": "open_to_accounts", "evidence": evidence}} with input as found
}

test_both_are_told if {
	found := policy(both, ["999988887777"], ["backup:StartCopyJob"])
	not control.compliant with input as found
	reasons := control.non_compliant with input as found
	{reason.code | some reason in reasons} == {"open_to_everyone", "open_to_accounts"}
}

test_nothing_is_asked_where_it_is_not_known if {
	not control.applicable with input as {"policy": {}}
}
