package controls.governance.backups_guarded_test

import data.controls.governance.backups_guarded as control

member(unguarded) := {"account": {"management": false, "unguarded": unguarded}}

test_an_account_in_which_all_is_denied_is_compliant if {
	found := member([])
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_what_is_not_denied_is_named if {
	found := member(["ec2:DisableImage", "backup:UpdateRegionSettings"])
	control.applicable with input as found
	not control.compliant with input as found
	evidence := {"actions": "ec2:DisableImage, backup:UpdateRegionSettings"}
	control.non_compliant == {{"code": "not_denied", "evidence": evidence}} with input as found
}

test_one_action_is_enough if {
	found := member(["ec2:DisableImage"])
	not control.compliant with input as found
	evidence := {"actions": "ec2:DisableImage"}
	control.non_compliant == {{"code": "not_denied", "evidence": evidence}} with input as found
}

test_the_management_account_is_not_asked if {
	every unguarded in [[], ["ec2:DisableImage"]] {
		found := {"account": {"management": true, "unguarded": unguarded}}
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}

test_nothing_is_asked_where_the_policies_are_not_known if {
	found := {"account": {"management": false}}
	not control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}
