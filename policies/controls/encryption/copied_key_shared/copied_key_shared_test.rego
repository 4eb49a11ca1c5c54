package controls.encryption.copied_key_shared_test

import data.controls.encryption.copied_key_shared as control

gold := {"name": "gold", "required": true, "account_copy": {"retention_days": 35}}

keyed(manager) := {"tier": gold, "account_copies": {"key": manager}}

test_a_key_of_aws_is_named if {
	control.applicable with input as keyed("AWS")
	not control.compliant with input as keyed("AWS")
	reasons := control.non_compliant with input as keyed("AWS")
	reasons == {{"code": "key_of_aws", "evidence": {"tier": "gold"}}}
}

shared(accounts) := {"tier": gold, "account_copies": {"key": "CUSTOMER", "key_kept_from": accounts}}

test_a_shared_key_or_none_can_be_copied if {
	every found in [shared([]), keyed("NONE")] {
		control.applicable with input as found
		control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}

test_each_account_is_named_that_cannot_use_the_key if {
	not control.compliant with input as shared(["1"])
	one := control.non_compliant with input as shared(["1"])
	one == {{"code": "not_shared", "evidence": {"accounts": "1"}}}
	two := control.non_compliant with input as shared(["1", "2"])
	two == {{"code": "not_shared", "evidence": {"accounts": "1, 2"}}}
	kept_from_aws := {"tier": gold, "account_copies": {"key": "AWS", "key_kept_from": ["1"]}}
	codes := {reason.code | some reason in control.non_compliant} with input as kept_from_aws
	codes == {"key_of_aws"}
}

test_a_key_that_no_other_account_has_to_use_is_not_judged if {
	not control.applicable with input as keyed("CUSTOMER")
	not control.compliant with input as keyed("CUSTOMER")
	control.non_compliant == set() with input as keyed("CUSTOMER")
	not control.compliant with input as {"tier": gold, "account_copies": {"key": "AWS", "key_kept_from": []}}
}

test_what_is_not_told_is_not_judged if {
	not control.applicable with input as {"tier": gold}
	not control.applicable with input as keyed("OTHER")
	not control.compliant with input as keyed("OTHER")
	control.non_compliant == set() with input as keyed("OTHER")
}

test_a_tier_without_such_copies_asks_nothing if {
	every tier in [{"name": "silver", "required": true}, object.union(gold, {"required": false})] {
		not control.applicable with input as {"tier": tier, "account_copies": {"key": "AWS"}}
		not control.applicable with input as {"tier": tier, "account_copies": {"key": "CUSTOMER", "key_kept_from": []}}
	}
}
