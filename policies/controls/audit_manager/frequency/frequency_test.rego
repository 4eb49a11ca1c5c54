package controls.audit_manager.frequency_test

import data.controls.audit_manager.frequency

asked(rules) := {"audit_manager": {
	"frequency": {"in_scope": true, "hours": 24, "retention_days": 35},
	"rules": rules,
}}

rule(shortest, longest, days) := {
	"name": "r",
	"shortest_hours": shortest,
	"longest_hours": longest,
	"never_expires": false,
	"delete_after_days": days,
}

reason := {"code": "no_rule", "evidence": {"hours": 24, "retention_days": 35}}

passes if {
	frequency.applicable
	frequency.compliant
	frequency.non_compliant == set()
}

found if {
	frequency.applicable
	not frequency.compliant
	frequency.non_compliant == {reason}
}

test_exactly_what_is_asked_for if passes with input as asked([rule(24, 24, 35)])

test_for_ever_is_long_enough if {
	passes with input as asked([{"name": "r", "shortest_hours": 1, "longest_hours": 24, "never_expires": true}])
}

test_one_rule_hides_the_others if passes with input as asked([rule(168, 168, 7), rule(24, 24, 35)])

test_what_passes_is_never_found_too if passes with input as asked([rule(25, 24, 35)])

test_too_seldom_is_found if found with input as asked([rule(25, 25, 35)])

test_too_short_is_found if found with input as asked([rule(24, 24, 34)])

test_two_rules_of_which_each_does_half if found with input as asked([rule(1, 1, 34), rule(25, 25, 365)])

test_a_rule_that_is_due_once if found with input as asked([{"name": "r", "never_expires": true}])

test_no_rule_at_all if found with input as asked([])

test_weekdays_are_left_open if {
	not frequency.compliant with input as asked([rule(24, 72, 35)])
	frequency.non_compliant == set() with input as asked([rule(24, 72, 35)])
}

test_what_was_not_read_is_neither if {
	unread := {"audit_manager": {"frequency": {"in_scope": true, "hours": 24, "retention_days": 35}}}
	not frequency.compliant with input as unread
	frequency.non_compliant == set() with input as unread
}

test_what_is_not_in_the_scope_is_not_judged if {
	out := {"audit_manager": {"frequency": {"in_scope": false, "hours": 24, "retention_days": 35}, "rules": []}}
	not frequency.applicable with input as out
	not frequency.applicable with input as {"audit_manager": {"rules": []}}
}
