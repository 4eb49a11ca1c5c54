package controls.isolation.account_copies_enabled_test

import data.controls.isolation.account_copies_enabled as control

given(enabled) := {"organization": {"cross_account_backup": enabled, "copying_tiers": ["gold", "silver"]}}

test_copies_that_are_on if {
	control.applicable with input as given(true)
	control.compliant with input as given(true)
	control.non_compliant == set() with input as given(true)
}

test_copies_that_are_off if {
	control.applicable with input as given(false)
	not control.compliant with input as given(false)
	evidence := {"tiers": "gold, silver"}
	control.non_compliant == {{"code": "copies_off", "evidence": evidence}} with input as given(false)
}

test_a_setting_that_is_not_known_is_no_pass if {
	found := {"organization": {"copying_tiers": ["gold"]}}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_where_no_tier_demands_it_nothing_is_said if {
	every enabled in [true, false] {
		found := {"organization": {"cross_account_backup": enabled, "copying_tiers": []}}
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
	not control.applicable with input as {}
}
