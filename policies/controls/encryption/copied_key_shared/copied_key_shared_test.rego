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

test_a_key_of_the_customer_or_none_can_be_copied if {
	every manager in ["CUSTOMER", "NONE"] {
		control.applicable with input as keyed(manager)
		control.compliant with input as keyed(manager)
		control.non_compliant == set() with input as keyed(manager)
	}
}

test_what_is_not_told_is_not_judged if {
	not control.applicable with input as {"tier": gold}
	not control.compliant with input as keyed("OTHER")
	control.non_compliant == set() with input as keyed("OTHER")
}

test_a_tier_without_such_copies_asks_nothing if {
	every tier in [{"name": "silver", "required": true}, object.union(gold, {"required": false})] {
		not control.applicable with input as {"tier": tier, "account_copies": {"key": "AWS"}}
	}
}
