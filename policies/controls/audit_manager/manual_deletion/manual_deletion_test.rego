package controls.audit_manager.manual_deletion_test

import data.controls.audit_manager.manual_deletion

asked(denials, open, principals) := {"audit_manager": {
	"manual_deletion": {"in_scope": true, "principals": principals},
	"denials": denials,
	"denial_open": open,
}}

passes if {
	manual_deletion.applicable
	manual_deletion.compliant
	manual_deletion.non_compliant == set()
}

left_open if {
	manual_deletion.applicable
	not manual_deletion.compliant
	manual_deletion.non_compliant == set()
}

test_a_denial_for_everybody if {
	passes with input as asked([{"exempt": []}], false, [])
	passes with input as asked([{"exempt": []}], true, [])
}

test_roles_that_the_framework_lists if {
	passes with input as asked([{"exempt": ["a"]}], false, ["a", "b"])
	passes with input as asked([{"exempt": ["c"]}, {"exempt": ["a"]}], false, ["a"])
}

test_other_roles_are_found if {
	bad := asked([{"exempt": ["c", "a"]}], false, ["a"])
	reason := {"code": "exempts_others", "evidence": {"found": ["a", "c"], "allowed": ["a"]}}
	not manual_deletion.compliant with input as bad
	manual_deletion.non_compliant == {reason} with input as bad
	left_open with input as asked([{"exempt": ["c"]}], true, [])
}

test_none_is_found if {
	not manual_deletion.compliant with input as asked([], false, [])
	none := {{"code": "no_denial", "evidence": {}}}
	manual_deletion.non_compliant == none with input as asked([], false, [])
	manual_deletion.non_compliant == none with input as {"audit_manager": {
		"manual_deletion": {"in_scope": true},
		"denials": [],
		"denial_open": false,
	}}
}

test_another_condition_is_left_open if left_open with input as asked([], true, [])

test_what_was_not_read_is_neither if {
	left_open with input as {"audit_manager": {"manual_deletion": {"in_scope": true}}}
}

test_what_is_not_in_the_scope_is_not_judged if {
	out := {"audit_manager": {"manual_deletion": {"in_scope": false}, "denials": [], "denial_open": false}}
	not manual_deletion.applicable with input as out
	not manual_deletion.applicable with input as {"audit_manager": {"denials": []}}
}
