package controls.immutability.no_end_in_locked_vault_test

import data.controls.immutability.no_end_in_locked_vault as control

place := {"rule": "daily", "kind": "copy", "vault_arn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"}

worm := {"mode": "compliance", "min_retention_days": 7}

never(lock) := object.union(place, {"never_expires": true, "lock": lock})

ending(lock) := object.union(place, {"never_expires": false, "delete_after_days": 36500, "lock": lock})

test_an_end_is_enough if {
	found := {"lifecycles": [ending(worm)]}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_no_end if {
	found := {"lifecycles": [ending(worm), never(worm)]}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "kept_for_ever", "evidence": place}} with input as found
}

test_a_lifecycle_that_does_not_say_is_not_judged if {
	found := {"lifecycles": [ending(worm), object.remove(never(worm), ["never_expires"])]}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_where_nobody_is_bound_for_ever_it_is_not_applicable if {
	every lock in [{"mode": "governance"}, object.union(worm, {"max_retention_days": 90}), {}] {
		found := {"lifecycles": [never(lock)]}
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
	not control.applicable with input as {"lifecycles": [object.union(place, {"never_expires": true})]}
	not control.applicable with input as {}
}
