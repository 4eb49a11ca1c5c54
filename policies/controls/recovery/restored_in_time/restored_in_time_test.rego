package controls.recovery.restored_in_time_test

import data.controls.recovery.restored_in_time as control

gold := {"name": "gold", "required": true, "restore_test": {"max_age_days": 30, "max_minutes": 60}}

test_a_restore_as_long_as_the_tier_allows if {
	found := {"tier": gold, "restores": {"minutes": 60}}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_a_restore_just_too_long if {
	found := {"tier": gold, "restores": {"minutes": 60.5}}
	evidence := {"tier": "gold", "minutes": 60.5, "max_minutes": 60}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "too_slow", "evidence": evidence}} with input as found
}

test_what_was_not_restored_is_not_judged if {
	every restores in [{}, {"minutes": "60"}, {"minutes": "61"}] {
		found := {"tier": gold, "restores": restores}
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}

test_a_tier_that_asks_for_no_time_is_not_applicable if {
	every tier in [
		{"name": "silver", "required": true},
		{"name": "silver", "required": true, "restore_test": {"max_age_days": 30}},
		object.union(gold, {"required": false}),
	] {
		not control.applicable with input as {"tier": tier, "restores": {"minutes": 60}}
	}
}
