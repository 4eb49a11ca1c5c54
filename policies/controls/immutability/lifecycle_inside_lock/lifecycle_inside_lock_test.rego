package controls.immutability.lifecycle_inside_lock_test

import data.controls.immutability.lifecycle_inside_lock as control

range := {"mode": "governance", "min_retention_days": 7, "max_retention_days": 90}

place := {"rule": "daily", "kind": "copy", "vault_arn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"}

days(number, lock) := object.union(place, {"never_expires": false, "delete_after_days": number, "lock": lock})

never(lock) := object.union(place, {"never_expires": true, "lock": lock})

unlocked := object.union(place, {"never_expires": false, "delete_after_days": 1})

passes if {
	control.applicable
	control.compliant
	control.non_compliant == set()
}

fails(finding) if {
	control.applicable
	not control.compliant
	control.non_compliant == {finding}
}

outside(code, figures) := {"code": code, "evidence": object.union(place, figures)}

test_both_sides_of_the_minimum if {
	passes with input as {"lifecycles": [days(7, range), unlocked]}
	finding := outside("below_minimum", {"delete_after_days": 6, "min_retention_days": 7})
	fails(finding) with input as {"lifecycles": [days(6, range), days(7, range)]}
}

test_both_sides_of_the_maximum if {
	passes with input as {"lifecycles": [days(90, range)]}
	finding := outside("above_maximum", {"delete_after_days": 91, "max_retention_days": 90})
	fails(finding) with input as {"lifecycles": [days(91, range), unlocked]}
}

test_never_expiring if {
	finding := outside("never_expires", {"max_retention_days": 90})
	fails(finding) with input as {"lifecycles": [never(range)]}
	passes with input as {"lifecycles": [never({"mode": "governance", "min_retention_days": 7})]}
}

test_a_lock_without_a_range_admits_everything if {
	passes with input as {"lifecycles": [days(1, {"mode": "compliance"}), never({"mode": "compliance"})]}
}

test_a_lifecycle_that_was_not_read_is_not_judged if {
	every lifecycle in [object.remove(days(7, range), ["delete_after_days"]), days("7", range)] {
		document := {"lifecycles": [lifecycle, days(7, range)]}
		control.applicable with input as document
		not control.compliant with input as document
		control.non_compliant == set() with input as document
	}
}

test_without_a_locked_vault_it_is_not_applicable if {
	every document in [{"lifecycles": [unlocked]}, {"lifecycles": []}, {}] {
		not control.applicable with input as document
		not control.compliant with input as document
		control.non_compliant == set() with input as document
	}
}

test_never_expiring_under_a_ceiling_alone if {
	ceiling := {"mode": "governance", "max_retention_days": 90}
	finding := outside("never_expires", {"max_retention_days": 90})
	fails(finding) with input as {"lifecycles": [never(ceiling)]}
}
