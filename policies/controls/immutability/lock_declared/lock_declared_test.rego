package controls.immutability.lock_declared_test

import data.controls.immutability.lock_declared as control

vault(demanded, mode) := {"vault": {"demanded_lock": demanded, "lock": {"mode": mode}}}

test_a_lock_that_is_strict_enough if {
	every pair in [["governance", "governance"], ["governance", "compliance"], ["compliance", "compliance"]] {
		found := vault(pair[0], pair[1])
		control.applicable with input as found
		control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}

test_no_lock if {
	every demanded in ["governance", "compliance"] {
		found := vault(demanded, "none")
		control.applicable with input as found
		not control.compliant with input as found
		reason := {"code": "not_declared", "evidence": {"demanded_lock": demanded}}
		control.non_compliant == {reason} with input as found
	}
}

test_a_lock_that_can_be_taken_away if {
	found := vault("compliance", "governance")
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "governance_only", "evidence": {}}} with input as found
}

test_no_lock_is_demanded if {
	not control.applicable with input as vault("none", "none")
	not control.applicable with input as {"vault": {}}
}
