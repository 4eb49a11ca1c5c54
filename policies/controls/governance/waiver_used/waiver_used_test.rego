package controls.governance.waiver_used_test

import data.controls.governance.waiver_used as control

waiver := {"in_force": true, "looked_at": true}

test_one_that_covers_something if {
	found := {"waiver": object.union(waiver, {"used": true})}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_one_that_covers_nothing if {
	found := {"waiver": object.union(waiver, {"used": false})}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "unused", "evidence": {}}} with input as found
}

test_one_that_is_not_asked_about if {
	every used in [true, false] {
		every other in [{"in_force": false}, {"looked_at": false}] {
			found := {"waiver": object.union(object.union(waiver, {"used": used}), other)}
			not control.applicable with input as found
			not control.compliant with input as found
			control.non_compliant == set() with input as found
		}
	}
}

test_one_of_which_it_is_not_known if {
	found := {"waiver": waiver}
	not control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}
