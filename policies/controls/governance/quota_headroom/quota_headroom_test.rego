package controls.governance.quota_headroom_test

import data.controls.governance.quota_headroom as control

rules(number) := {"what": "rules", "count": number, "limit": 10}

asked(counts) := {"plan": {"overtagged": [], "quotas": counts}}

test_nine_tenths_may_be_used if {
	found := asked([rules(9), {"what": "selections", "count": 90, "limit": 100}])
	control.applicable with input as found
	control.compliant with input as found with data.parameters.controls as {}
	control.non_compliant == set() with input as found with data.parameters.controls as {}
}

test_more_is_named_of_each_quota if {
	selections := {"what": "selections", "count": 91, "limit": 100}
	found := asked([rules(9), selections])
	control.applicable with input as found
	not control.compliant with input as found with data.parameters.controls as {}
	reasons := control.non_compliant with input as found with data.parameters.controls as {}
	reasons == {{"code": "nearly_full", "evidence": object.union(selections, {"percent": 90})}}
}

test_the_share_is_a_parameter if {
	found := asked([rules(6)])
	all := {"quota_used_percent": 60}
	less := {"quota_used_percent": 59}
	control.compliant with input as found with data.parameters.controls as all
	not control.compliant with input as found with data.parameters.controls as less
	reasons := control.non_compliant with input as found with data.parameters.controls as less
	reasons == {{"code": "nearly_full", "evidence": object.union(rules(6), {"percent": 59})}}
}

test_nothing_is_asked_where_nothing_is_counted if {
	not control.applicable with input as {"plan": {}}
	not control.compliant with input as {"plan": {}}
}

test_one_of_many_beyond_is_too_much if {
	found := asked([{"what": "ARNs", "count": 451, "limit": 500}])
	not control.compliant with input as found with data.parameters.controls as {}
	count(control.non_compliant) == 1 with input as found with data.parameters.controls as {}
}

test_more_than_the_quota_is_too_much if {
	found := asked([rules(11)])
	not control.compliant with input as found with data.parameters.controls as {"quota_used_percent": 100}
	count(control.non_compliant) == 1 with input as found with data.parameters.controls as {"quota_used_percent": 100}
	control.compliant with input as asked([rules(10)]) with data.parameters.controls as {"quota_used_percent": 100}
}

test_a_backup_with_too_many_tags_is_named if {
	tagged := {"resource": "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1", "rule": "main", "count": 51}
	found := {"plan": {"overtagged": [tagged], "quotas": [rules(9)]}}
	control.applicable with input as found
	not control.compliant with input as found with data.parameters.controls as {}
	reasons := control.non_compliant with input as found with data.parameters.controls as {}
	reasons == {{"code": "too_many_tags", "evidence": object.union(tagged, {"limit": 50})}}
}

test_what_is_not_known_of_tags_is_no_pass if {
	found := {"plan": {"quotas": [rules(9)]}}
	control.applicable with input as found
	not control.compliant with input as found with data.parameters.controls as {}
	control.non_compliant == set() with input as found with data.parameters.controls as {}
}
