package controls.retention.matter_points_held_test

import data.controls.retention.matter_points_held as control

asked(unheld, more) := {"recovery_point": object.union(
	{"matters": ["2026-017", "2026-020"], "unheld_matters": unheld, "continuous": false, "is_copy": false},
	more,
)}

kinds := [
	["not_held", {}],
	["copy_not_held", {"is_copy": true}],
	["cannot_be_held", {"continuous": true}],
	["cannot_be_held", {"continuous": true, "is_copy": true}],
]

test_what_is_under_every_hold_is_compliant if {
	every kind in kinds {
		found := asked([], kind[1])
		control.applicable with input as found
		control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}

test_one_matter_that_misses_it_is_named if {
	every kind in kinds {
		found := asked(["2026-020"], kind[1])
		not control.compliant with input as found
		control.non_compliant == {{"code": kind[0], "evidence": {"matters": "2026-020"}}} with input as found
	}
}

test_several_are_named if {
	reasons := control.non_compliant with input as asked(["2026-017", "2026-020"], {})
	reasons == {{"code": "not_held", "evidence": {"matters": "2026-017, 2026-020"}}}
}

test_what_no_matter_demands_is_not_asked if {
	found := asked(["2026-020"], {"matters": []})
	not control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
	not control.compliant with input as asked([], {"matters": []})
}

test_one_matter_is_enough_to_ask if {
	control.applicable with input as asked([], {"matters": ["2026-017"]})
}

test_nothing_is_said_of_what_is_not_known if {
	every unknown in ["unheld_matters", "continuous"] {
		found := json.remove(asked(["2026-020"], {}), [sprintf("recovery_point/%s", [unknown])])
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
	not control.applicable with input as {"recovery_point": {}}
}
