package controls.governance.organization_plans_made_test

import data.controls.governance.organization_plans_made as control

given(differences) := {"account": {"backup_policies": 1, "plan_differences": differences}}

test_the_plans_of_the_policy_are_compliant if {
	found := given([])
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_differences_are_named if {
	found := given(["gold in eu-west-1 is not there", "iron in eu-west-1 is in no policy"])
	control.applicable with input as found
	not control.compliant with input as found
	evidence := {"differences": "gold in eu-west-1 is not there; iron in eu-west-1 is in no policy"}
	control.non_compliant == {{"code": "different", "evidence": evidence}} with input as found
}

test_one_difference_is_enough if {
	found := given(["gold in eu-west-1 is not there"])
	not control.compliant with input as found
	count(control.non_compliant) == 1 with input as found
}

test_an_account_without_policies_is_not_asked if {
	every differences in [[], ["a"]] {
		found := {"account": {"backup_policies": 0, "plan_differences": differences}}
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
	not control.applicable with input as {}
}

test_what_is_not_known_is_no_pass if {
	found := {"account": {"backup_policies": 1}}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}
