package controls.governance.holds_have_matters_test

import data.controls.governance.holds_have_matters as control

stray := "'Old audit' (h-1) in eu-central-1"

lists := {"unnamed_holds": "no_matter", "overdue_holds": "matter_over"}

asked(more) := {"account": object.union({"legal_holds": 1, "unnamed_holds": [], "overdue_holds": []}, more)}

test_where_open_matters_name_every_hold_it_is_compliant if {
	control.applicable with input as asked({})
	control.compliant with input as asked({})
	control.non_compliant == set() with input as asked({})
}

test_others_are_named if {
	every list, code in lists {
		found := asked({list: [stray, "and 1 more"]})
		not control.compliant with input as found
		evidence := {"holds": concat(", ", [stray, "and 1 more"])}
		control.non_compliant == {{"code": code, "evidence": evidence}} with input as found
	}
}

test_one_is_enough if {
	every list, code in lists {
		found := asked({list: [stray]})
		not control.compliant with input as found
		control.non_compliant == {{"code": code, "evidence": {"holds": stray}}} with input as found
	}
}

test_an_account_without_a_hold_is_not_asked if {
	found := asked({"legal_holds": 0, "unnamed_holds": [stray], "overdue_holds": [stray]})
	not control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
	not control.compliant with input as asked({"legal_holds": 0})
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
