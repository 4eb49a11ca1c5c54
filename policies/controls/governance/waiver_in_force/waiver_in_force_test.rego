package controls.governance.waiver_in_force_test

import data.controls.governance.waiver_in_force as control

test_one_in_force if {
	found := {"waiver": {"in_force": true}}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_one_that_has_expired if {
	found := {"waiver": {"in_force": false}}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "expired", "evidence": {}}} with input as found
}

test_one_of_which_it_is_not_known if {
	found := {"waiver": {}}
	not control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}
