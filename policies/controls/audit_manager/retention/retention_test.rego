package controls.audit_manager.retention_test

import data.controls.audit_manager.retention

asked(days, ever) := {
	"audit_manager": {"retention": {"in_scope": true, "retention_days": 35}, "set_days": days},
	"recovery_point": {"never_expires": ever},
}

test_exactly_as_long_as_asked_for if {
	retention.applicable with input as asked(35, false)
	retention.compliant with input as asked(35, false)
	retention.non_compliant == set() with input as asked(35, false)
}

test_a_day_less_is_found if {
	reason := {"code": "too_short", "evidence": {"days": 34, "retention_days": 35}}
	not retention.compliant with input as asked(34, false)
	retention.non_compliant == {reason} with input as asked(34, false)
}

unset(ever) := {
	"audit_manager": {"retention": {"in_scope": true, "retention_days": 35}},
	"recovery_point": {"never_expires": ever},
}

test_for_ever_is_enough_whatever_days_are_set if {
	retention.compliant with input as asked(34, true)
	retention.non_compliant == set() with input as asked(34, true)
	retention.compliant with input as unset(true)
	retention.non_compliant == set() with input as unset(true)
}

test_neither_end_nor_for_ever_is_left_open if {
	not retention.compliant with input as unset(false)
	retention.non_compliant == set() with input as unset(false)
}

test_what_is_not_in_the_scope_is_not_judged if {
	out := {"audit_manager": {"retention": {"in_scope": false, "retention_days": 35}, "set_days": 1}}
	not retention.applicable with input as out
	not retention.applicable with input as {"audit_manager": {"set_days": 1}}
}
