package controls.audit_manager.protected_test

import data.controls.audit_manager.protected

asked(selected) := {"audit_manager": {"protected": {"in_scope": true}, "selected": selected}}

test_what_a_plan_selects_passes if {
	protected.applicable with input as asked(true)
	protected.compliant with input as asked(true)
	protected.non_compliant == set() with input as asked(true)
}

test_what_no_plan_selects_is_found if {
	protected.applicable with input as asked(false)
	not protected.compliant with input as asked(false)
	protected.non_compliant == {{"code": "not_selected", "evidence": {}}} with input as asked(false)
}

test_what_was_not_read_is_neither if {
	unread := {"audit_manager": {"protected": {"in_scope": true}}}
	not protected.compliant with input as unread
	protected.non_compliant == set() with input as unread
}

test_what_is_not_in_the_scope_is_not_judged if {
	out := {"audit_manager": {"protected": {"in_scope": false}, "selected": true}}
	not protected.applicable with input as out
	not protected.applicable with input as {"audit_manager": {"selected": true}}
}
