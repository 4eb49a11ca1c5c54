package controls.governance.role_can_back_up_test

import data.controls.governance.role_can_back_up as control

role(trusted, lacks) := {"role": {"trusted": trusted, "lacks": lacks}}

test_a_trusted_role_that_covers_everything if {
	found := role(true, [])
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_one_that_aws_backup_may_not_take_on if {
	found := role(false, [])
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "not_trusted", "evidence": {}}} with input as found
}

test_one_that_does_not_cover_a_type if {
	found := role(true, ["S3"])
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "not_covered", "evidence": {"types": "S3"}}} with input as found
}

test_both_are_told if {
	reasons := control.non_compliant with input as role(false, ["EBS", "S3"])
	{reason.code | some reason in reasons} == {"not_trusted", "not_covered"}
}

test_nothing_is_asked_of_what_is_not_known if {
	not control.applicable with input as {"role": {}}
}
