package controls.governance.within_quotas_test

import data.controls.governance.within_quotas as control

rules(number) := {"what": "rules", "count": number, "limit": 10}

asked(counts) := {"quota": {"counts": counts}}

test_as_many_as_the_quota_are_taken if {
	found := asked([rules(9), rules(10)])
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_one_more_is_refused if {
	found := asked([rules(11), {"what": "selections", "count": 1, "limit": 100}])
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "beyond", "evidence": rules(11)}} with input as found
}

test_nothing_is_asked_where_nothing_is_counted if {
	not control.applicable with input as {"quota": {}}
	not control.compliant with input as {"quota": {}}
}
