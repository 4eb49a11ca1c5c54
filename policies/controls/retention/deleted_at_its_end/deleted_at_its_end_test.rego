package controls.retention.deleted_at_its_end_test

import data.controls.retention.deleted_at_its_end as control

test_one_that_goes_on if {
	found := {"recovery_point": {"expired": false}}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_one_that_could_not_be_deleted if {
	found := {"recovery_point": {"expired": true}}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "not_deleted", "evidence": {}}} with input as found
}

test_an_unknown_status_is_not_judged if {
	every found in [{"recovery_point": {}}, {"recovery_point": {"expired": "true"}}, {}] {
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}
