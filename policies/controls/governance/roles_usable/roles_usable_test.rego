package controls.governance.roles_usable_test

import data.controls.governance.roles_usable as control

told := {"selection": "all", "role_arn": "arn:aws:iam::111122223333:role/backup"}

given(states) := {"role_states": [object.union(told, {"state": state}) | some state in states]}

test_roles_that_can_be_used if {
	found := given(["usable", "usable"])
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_a_role_that_is_not_there if {
	found := given(["usable", "missing"])
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "role_missing", "evidence": told}} with input as found
}

test_a_role_that_is_closed if {
	found := given(["closed"])
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "role_closed", "evidence": told}} with input as found
}

test_both_are_told if {
	reasons := control.non_compliant with input as given(["missing", "closed"])
	{reason.code | some reason in reasons} == {"role_missing", "role_closed"}
}

test_a_plan_without_roles_of_its_account_is_not_applicable if {
	every found in [{"role_states": []}, {}] {
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}
