package controls.governance.attestation_in_force_test

import data.controls.governance.attestation_in_force as control

test_one_that_has_not_expired if {
	found := {"attestation": {"expired": false}}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_one_that_has_expired if {
	found := {"attestation": {"expired": true}}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "expired", "evidence": {}}} with input as found
}

test_one_of_which_it_is_not_known if {
	not control.applicable with input as {"attestation": {}}
	not control.compliant with input as {"attestation": {}}
	control.non_compliant == set() with input as {"attestation": {}}
}
