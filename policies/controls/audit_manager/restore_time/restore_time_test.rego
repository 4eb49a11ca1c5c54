package controls.audit_manager.restore_time_test

import data.controls.audit_manager.restore_time

asked(facts) := {"audit_manager": object.union({"restore_time": {"in_scope": true, "minutes": 60}}, facts)}

left_open if {
	restore_time.applicable
	not restore_time.compliant
	restore_time.non_compliant == set()
}

test_exactly_as_long_as_asked_for if {
	restore_time.applicable with input as asked({"restore_minutes": 60})
	restore_time.compliant with input as asked({"restore_minutes": 60})
	restore_time.non_compliant == set() with input as asked({"restore_minutes": 60})
}

test_just_longer_is_found if {
	reason := {"code": "too_long", "evidence": {"minutes": 60.5, "max_minutes": 60}}
	not restore_time.compliant with input as asked({"restore_minutes": 60.5})
	restore_time.non_compliant == {reason} with input as asked({"restore_minutes": 60.5})
}

test_what_was_never_restored_is_left_open if left_open with input as asked({})

test_no_time_that_is_asked_for_is_left_open if {
	left_open with input as {"audit_manager": {"restore_time": {"in_scope": true}, "restore_minutes": 1}}
}

test_what_is_not_in_the_scope_is_not_judged if {
	out := {"audit_manager": {"restore_time": {"in_scope": false}, "restore_minutes": 1}}
	not restore_time.applicable with input as out
	not restore_time.applicable with input as {"audit_manager": {"restore_minutes": 1}}
}
