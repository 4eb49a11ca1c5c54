package controls.governance.target_vaults_exist_test

import data.controls.governance.target_vaults_exist as control

place := {"rule": "daily", "kind": "copy", "vault_arn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"}

there := object.union(place, {"exists": true})

missing := object.union(place, {"exists": false})

test_vaults_that_are_there if {
	found := {"targets": [there]}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_one_that_is_not_there if {
	found := {"targets": [there, missing]}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "vault_missing", "evidence": place}} with input as found
}

test_one_in_a_place_that_was_not_read_is_not_judged if {
	found := {"targets": [there, place]}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_a_plan_without_a_vault_is_not_applicable if {
	every found in [{"targets": []}, {}] {
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}
