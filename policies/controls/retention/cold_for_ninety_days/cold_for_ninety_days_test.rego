package controls.retention.cold_for_ninety_days_test

import data.controls.retention.cold_for_ninety_days as control

cold(days, kept) := {
	"rule": "monthly",
	"kind": "backup",
	"move_to_cold_after_days": days,
	"never_expires": false,
	"delete_after_days": kept,
}

plan(lifecycles) := {"plan": {"cold": lifecycles}}

test_ninety_days_after_the_move if {
	control.applicable with input as plan([cold(30, 120)])
	control.compliant with input as plan([cold(30, 120)])
	control.non_compliant == set() with input as plan([cold(30, 120)])
}

test_a_day_too_early if {
	found := plan([cold(30, 120), cold(30, 119)])
	evidence := {
		"rule": "monthly",
		"kind": "backup",
		"move_to_cold_after_days": 30,
		"delete_after_days": 119,
		"least_days": 120,
	}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "cold_too_short", "evidence": evidence}} with input as found
}

test_what_is_never_deleted_is_kept if {
	lifecycle := {"rule": "monthly", "kind": "copy", "move_to_cold_after_days": 30, "never_expires": true}
	control.compliant with input as plan([lifecycle])
	control.non_compliant == set() with input as plan([lifecycle])
}

test_what_is_not_read_is_not_judged if {
	unsaid := [object.remove(cold(30, kept), ["never_expires"]) | some kept in [119, 120]]
	every lifecycle in array.concat(unsaid, [cold(30, "119"), cold("30", 120), cold("30", 119)]) {
		not control.compliant with input as plan([lifecycle])
		control.non_compliant == set() with input as plan([lifecycle])
	}
}

test_a_plan_without_cold_storage_is_not_applicable if {
	not control.applicable with input as plan([])
	not control.compliant with input as plan([])
	not control.applicable with input as {"plan": {}}
}
