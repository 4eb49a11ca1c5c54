package controls.governance.attestation_used_test

import data.controls.governance.attestation_used as control

attestation := {"in_force": true, "looked_at": true}

test_one_that_is_told_of_something if {
	found := {"attestation": object.union(attestation, {"used": true})}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_one_that_is_told_of_nothing if {
	found := {"attestation": object.union(attestation, {"used": false})}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "unused", "evidence": {}}} with input as found
}

test_one_that_is_not_asked_about if {
	every used in [true, false] {
		every other in [{"in_force": false}, {"looked_at": false}] {
			found := {"attestation": object.union(object.union(attestation, {"used": used}), other)}
			not control.applicable with input as found
			not control.compliant with input as found
			control.non_compliant == set() with input as found
		}
	}
}

test_one_of_which_it_is_not_known if {
	found := {"attestation": attestation}
	not control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}
