package controls.encryption.vault_key_usable_test

import data.controls.encryption.vault_key_usable as control

test_an_enabled_key_is_compliant if {
	found := {"key": {"state": "enabled"}}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_any_other_is_a_finding if {
	every state in ["disabled", "deleted", "unusable", "gone"] {
		found := {"key": {"state": state}}
		control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == {{"code": state, "evidence": {}}} with input as found
	}
}

test_nothing_is_asked_of_a_state_that_is_not_known if {
	not control.applicable with input as {"key": {}}
}
