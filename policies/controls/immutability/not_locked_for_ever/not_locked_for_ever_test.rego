package controls.immutability.not_locked_for_ever_test

import data.controls.immutability.not_locked_for_ever as control

point(never, locked) := {"recovery_point": {"never_expires": never, "locked_for_good": locked}}

test_an_end_is_enough if {
	found := point(false, true)
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_no_end if {
	found := point(true, true)
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "locked_for_ever", "evidence": {}}} with input as found
}

test_where_it_can_be_deleted_it_is_not_applicable if {
	every never in [true, false] {
		every found in [point(never, false), {"recovery_point": {"never_expires": never}}] {
			not control.applicable with input as found
			not control.compliant with input as found
			control.non_compliant == set() with input as found
		}
	}
}

test_one_that_does_not_say_is_not_judged if {
	found := {"recovery_point": {"locked_for_good": true}}
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}
