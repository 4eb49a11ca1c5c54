package controls.audit_manager.last_point_test

import data.controls.audit_manager.last_point

asked(facts) := {"audit_manager": object.union({"last_point": {"in_scope": true, "hours": 24}}, facts)}

newest(hours, goes_on) := asked({"newest_hours": hours, "goes_on": goes_on})

test_exactly_as_old_as_asked_for if {
	last_point.applicable with input as newest(24, false)
	last_point.compliant with input as newest(24, false)
	last_point.non_compliant == set() with input as newest(24, false)
}

test_just_older_is_found if {
	reason := {"code": "too_old", "evidence": {"newest_hours": 24.5, "hours": 24}}
	not last_point.compliant with input as newest(24.5, false)
	last_point.non_compliant == {reason} with input as newest(24.5, false)
}

test_none_is_found if {
	bare := asked({"goes_on": false})
	not last_point.compliant with input as bare
	last_point.non_compliant == {{"code": "none", "evidence": {"hours": 24}}} with input as bare
}

test_what_goes_on_is_left_open_unless_it_is_young if {
	not last_point.compliant with input as newest(500, true)
	last_point.non_compliant == set() with input as newest(500, true)
	last_point.compliant with input as newest(1, true)
	last_point.non_compliant == set() with input as asked({"goes_on": true})
}

test_what_was_not_read_is_neither if {
	not last_point.compliant with input as asked({})
	last_point.non_compliant == set() with input as asked({})
	last_point.non_compliant == set() with input as asked({"newest_hours": 25})
}

test_what_is_not_in_the_scope_is_not_judged if {
	out := {"audit_manager": {"last_point": {"in_scope": false, "hours": 24}, "goes_on": false}}
	not last_point.applicable with input as out
	not last_point.applicable with input as {"audit_manager": {"goes_on": false}}
}
