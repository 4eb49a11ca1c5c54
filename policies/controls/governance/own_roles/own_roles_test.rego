package controls.governance.own_roles_test

import data.controls.governance.own_roles as control

told := {"selection": "all", "role_arn": "arn:aws:iam::111122223333:role/backup"}

own := object.union(told, {"own_account": true})

foreign := object.union(told, {"own_account": false})

test_a_role_of_the_account if {
	found := {"roles": [own]}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_a_role_of_another_account if {
	found := {"roles": [own, foreign]}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "role_elsewhere", "evidence": told}} with input as found
}

test_what_does_not_say_is_not_judged if {
	found := {"roles": [own, told]}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_a_plan_without_selections_is_not_applicable if {
	every found in [{"roles": []}, {}] {
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}
