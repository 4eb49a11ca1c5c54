package controls.governance.guardians_alone_destroy_test

import data.controls.governance.guardians_alone_destroy as control

alice := "arn:aws:iam::111122223333:user/alice (backup:DeleteBackupVault by admin)"

test_where_guardians_alone_may_it_is_compliant if {
	every more in [{}, {"unseparated": []}] {
		found := {"account": object.union({"destroyers": []}, more)}
		control.applicable with input as found
		control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}

test_others_are_named if {
	found := {"account": {"destroyers": [alice, "and 4 more"], "unseparated": []}}
	not control.compliant with input as found
	evidence := {"principals": concat(", ", [alice, "and 4 more"])}
	control.non_compliant == {{"code": "not_guardian", "evidence": evidence}} with input as found
}

test_one_is_enough if {
	found := {"account": {"destroyers": [alice]}}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "not_guardian", "evidence": {"principals": alice}}} with input as found
}

test_who_does_both_is_named_although_a_guardian if {
	found := {"account": {"destroyers": [], "unseparated": [alice]}}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "not_separated", "evidence": {"principals": alice}}} with input as found
}

test_both_are_said if {
	found := {"account": {"destroyers": [alice], "unseparated": [alice, "and 1 more"]}}
	reasons := control.non_compliant with input as found
	{reason.code | some reason in reasons} == {"not_guardian", "not_separated"}
}

test_nothing_is_asked_where_the_identities_are_not_known if {
	every found in [{"account": {}}, {"account": {"unseparated": [alice]}}] {
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}
