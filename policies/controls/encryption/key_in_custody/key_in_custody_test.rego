package controls.encryption.key_in_custody_test

import data.controls.encryption.key_in_custody

alice := "arn:aws:iam::111122223333:user/alice (kms:DisableKey)"

test_where_its_policy_names_nobody_it_is_compliant if {
	found := {"key": {"custodians": []}}
	key_in_custody.applicable with input as found
	key_in_custody.compliant with input as found
	key_in_custody.non_compliant == set() with input as found
}

test_others_are_named if {
	every names in [[alice], [alice, "and 3 more"]] {
		found := {"key": {"custodians": names}}
		key_in_custody.applicable with input as found
		not key_in_custody.compliant with input as found
		evidence := {"principals": concat(", ", names)}
		key_in_custody.non_compliant == {{"code": "not_guardian", "evidence": evidence}} with input as found
	}
}

test_nothing_is_asked_where_the_policy_is_not_known if {
	not key_in_custody.applicable with input as {"key": {}}
	not key_in_custody.compliant with input as {"key": {}}
	key_in_custody.non_compliant == set() with input as {"key": {}}
}
