package controls.retention.no_orphan_for_ever_test

import data.controls.retention.no_orphan_for_ever as control

point(never, gone) := {"recovery_point": {"never_expires": never, "resource_gone": gone}}

test_one_with_an_end_or_a_resource if {
	every pair in [[false, false], [false, true], [true, false]] {
		found := point(pair[0], pair[1])
		control.applicable with input as found
		control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}

test_one_without_either if {
	found := point(true, true)
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "orphan_for_ever", "evidence": {}}} with input as found
}

test_an_end_is_enough_whatever_is_known_of_the_resource if {
	found := {"recovery_point": {"never_expires": false}}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_a_resource_that_is_not_known_is_not_judged if {
	every found in [{"never_expires": true}, {"never_expires": "false"}, {"resource_gone": "true"}] {
		document := {"recovery_point": found}
		not control.applicable with input as document
		not control.compliant with input as document
		control.non_compliant == set() with input as document
	}
	unread := {"recovery_point": {"resource_gone": true}}
	not control.compliant with input as unread
	control.non_compliant == set() with input as unread
}
