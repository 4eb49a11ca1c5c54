package controls.governance.account_headroom_test

import data.controls.governance.account_headroom as control

holds(number) := {"what": "active legal holds", "count": number, "limit": 50}

plans := {"what": "plans in eu-central-1", "count": 270, "limit": 300}

asked(counts) := {"account": {"quotas": counts}}

test_nine_tenths_may_be_used if {
	found := asked([holds(45), plans])
	control.applicable with input as found
	control.compliant with input as found with data.parameters.controls as {}
	control.non_compliant == set() with input as found with data.parameters.controls as {}
}

test_one_more_is_named if {
	more := object.union(plans, {"count": 271})
	found := asked([holds(45), more])
	control.applicable with input as found
	not control.compliant with input as found with data.parameters.controls as {}
	reasons := control.non_compliant with input as found with data.parameters.controls as {}
	reasons == {{"code": "nearly_full", "evidence": object.union(more, {"percent": 90})}}
}

test_the_share_is_a_parameter if {
	found := asked([holds(30)])
	all := {"quota_used_percent": 60}
	less := {"quota_used_percent": 59}
	control.compliant with input as found with data.parameters.controls as all
	not control.compliant with input as found with data.parameters.controls as less
	reasons := control.non_compliant with input as found with data.parameters.controls as less
	reasons == {{"code": "nearly_full", "evidence": object.union(holds(30), {"percent": 59})}}
}

test_nothing_is_asked_where_nothing_is_counted if {
	not control.applicable with input as {"account": {}}
	not control.compliant with input as {"account": {}}
	control.compliant with input as asked([]) with data.parameters.controls as {}
}
