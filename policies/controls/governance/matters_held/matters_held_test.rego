package controls.governance.matters_held_test

import data.controls.governance.matters_held as control

smith := "2026-017: 'Smith' in eu-central-1"

lists := {"unheld_matters": "not_held", "cancelled_holds": "cancelled", "narrow_holds": "too_narrow"}

asked(more) := {"account": object.union(
	{"open_matters": 1, "unheld_matters": [], "cancelled_holds": [], "narrow_holds": []},
	more,
)}

test_where_every_matter_is_held_it_is_compliant if {
	control.applicable with input as asked({})
	control.compliant with input as asked({})
	control.non_compliant == set() with input as asked({})
}

test_each_fault_is_named_by_itself if {
	every list, code in lists {
		found := asked({list: [smith, "and 2 more"]})
		not control.compliant with input as found
		evidence := {"matters": concat(", ", [smith, "and 2 more"])}
		control.non_compliant == {{"code": code, "evidence": evidence}} with input as found
	}
}

test_one_is_enough if {
	every list, code in lists {
		found := asked({list: [smith]})
		not control.compliant with input as found
		control.non_compliant == {{"code": code, "evidence": {"matters": smith}}} with input as found
	}
}

test_an_account_that_no_open_matter_names_is_not_asked if {
	found := asked({"open_matters": 0, "unheld_matters": [smith], "cancelled_holds": [smith], "narrow_holds": [smith]})
	not control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
	not control.compliant with input as asked({"open_matters": 0})
}

test_nothing_is_said_where_one_is_not_known if {
	every list in object.keys(lists) {
		found := json.remove(asked({}), [sprintf("account/%s", [list])])
		control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
	not control.applicable with input as {"account": {}}
}
