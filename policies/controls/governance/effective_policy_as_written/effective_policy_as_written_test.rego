package controls.governance.effective_policy_as_written_test

import data.controls.governance.effective_policy_as_written as control

given(errors, differences) := {"account": {
	"backup_policies": 1,
	"policy_errors": errors,
	"policy_differences": differences,
}}

test_what_is_in_force_as_it_is_written_is_compliant if {
	found := given([], [])
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_errors_are_named if {
	found := given(["plans/gold: too many rules", "plans/iron: no vault"], [])
	not control.compliant with input as found
	evidence := {"errors": "plans/gold: too many rules; plans/iron: no vault"}
	control.non_compliant == {{"code": "invalid", "evidence": evidence}} with input as found
}

test_differences_are_named if {
	found := given([], ["plans/gold is not in force", "plans/iron is in force and in no policy"])
	not control.compliant with input as found
	evidence := {"differences": "plans/gold is not in force; plans/iron is in force and in no policy"}
	control.non_compliant == {{"code": "different", "evidence": evidence}} with input as found
}

test_both_are_named if {
	found := given(["plans/gold: too many rules"], ["plans/gold is not in force"])
	{one.code | some one in control.non_compliant} == {"invalid", "different"} with input as found
}

test_an_account_without_policies_is_not_asked if {
	every said in [[], ["a"]] {
		found := {"account": {"backup_policies": 0, "policy_errors": said, "policy_differences": said}}
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
	not control.applicable with input as {}
}

test_what_is_not_known_is_no_pass if {
	every missing in ["policy_errors", "policy_differences"] {
		found := {"account": object.remove(given([], []).account, [missing])}
		control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}
