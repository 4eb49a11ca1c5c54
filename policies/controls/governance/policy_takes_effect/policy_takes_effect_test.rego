package controls.governance.policy_takes_effect_test

import data.controls.governance.policy_takes_effect as control

about := {
	"path": "plans/gold",
	"said": "regions is missing",
	"accounts": ["111122223333"],
	"account_count": 1,
	"where": "111122223333",
}

test_a_policy_without_a_fault_is_compliant if {
	found := {"policy": {"name": "base.json"}}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_each_kind_of_fault_is_a_finding if {
	every kind in ["malformed", "forbidden", "invalid"] {
		found := {"policy": {"name": "base.json", "fault": object.union(about, {"kind": kind})}}
		control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == {{"code": kind, "evidence": about}} with input as found
	}
}

test_nothing_is_asked_where_there_is_no_policy if {
	not control.applicable with input as {}
}
