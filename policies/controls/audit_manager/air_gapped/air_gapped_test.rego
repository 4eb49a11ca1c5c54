package controls.audit_manager.air_gapped_test

import data.controls.audit_manager.air_gapped

asked(facts) := {"audit_manager": object.union({"air_gapped": {"in_scope": true, "hours": 168}}, facts)}

test_exactly_as_old_as_asked_for if {
	air_gapped.applicable with input as asked({"air_gapped_hours": 168})
	air_gapped.compliant with input as asked({"air_gapped_hours": 168})
	air_gapped.non_compliant == set() with input as asked({"air_gapped_hours": 168})
}

test_just_older_is_found if {
	old := asked({"air_gapped_hours": 168.5})
	reason := {"code": "too_old", "evidence": {"newest_hours": 168.5, "hours": 168}}
	not air_gapped.compliant with input as old
	air_gapped.non_compliant == {reason} with input as old
}

test_none_is_found if {
	not air_gapped.compliant with input as asked({})
	air_gapped.non_compliant == {{"code": "none", "evidence": {"hours": 168}}} with input as asked({})
}

test_what_is_not_in_the_scope_is_not_judged if {
	not air_gapped.applicable with input as {"audit_manager": {"air_gapped": {"in_scope": false, "hours": 168}}}
	not air_gapped.applicable with input as {"audit_manager": {}}
}
