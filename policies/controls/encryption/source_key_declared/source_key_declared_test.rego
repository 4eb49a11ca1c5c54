package controls.encryption.source_key_declared_test

import data.controls.encryption.source_key_declared as control

gold := {"name": "gold", "required": true, "customer_key": true}

records := {"name": "records", "required": true, "customer_key": false, "account_copy": {"retention_days": 35}}

both := object.union(gold, {"account_copy": {"retention_days": 35}})

keyed(tier, manager) := {"tier": tier, "resource": {"key_manager": manager}}

wanted := {"code": "no_customer_key", "evidence": {"tier": "gold"}}

plain := {"code": "not_encrypted", "evidence": {"tier": "gold"}}

test_a_customer_managed_key_is_enough if {
	every tier in [gold, records, both] {
		control.applicable with input as keyed(tier, "CUSTOMER")
		control.compliant with input as keyed(tier, "CUSTOMER")
		control.non_compliant == set() with input as keyed(tier, "CUSTOMER")
	}
}

test_a_key_of_aws_is_named_by_what_the_tier_demands if {
	every tier in [gold, records, both] {
		control.applicable with input as keyed(tier, "AWS")
		not control.compliant with input as keyed(tier, "AWS")
	}
	control.non_compliant == {wanted} with input as keyed(gold, "AWS")
	of_records := {"code": "not_shared", "evidence": {"tier": "records"}}
	control.non_compliant == {of_records} with input as keyed(records, "AWS")
	of_both := {wanted, {"code": "not_shared", "evidence": {"tier": "gold"}}}
	control.non_compliant == of_both with input as keyed(both, "AWS")
}

test_without_encryption_a_copy_can_be_made_and_no_customer_holds_the_key if {
	control.compliant with input as keyed(records, "NONE")
	control.non_compliant == set() with input as keyed(records, "NONE")
	every tier in [gold, both] {
		control.applicable with input as keyed(tier, "NONE")
		not control.compliant with input as keyed(tier, "NONE")
		control.non_compliant == {plain} with input as keyed(tier, "NONE")
	}
}

test_a_key_of_aws_or_none_is_never_the_customers if {
	every tier in [gold, both] {
		not control.compliant with input as keyed(tier, "AWS_OR_NONE")
		control.non_compliant == {wanted} with input as keyed(tier, "AWS_OR_NONE")
	}
	not control.compliant with input as keyed(records, "AWS_OR_NONE")
	control.non_compliant == set() with input as keyed(records, "AWS_OR_NONE")
}

test_what_is_not_told_is_not_judged if {
	every tier in [gold, records] {
		not control.applicable with input as {"tier": tier, "resource": {}}
		not control.compliant with input as {"tier": tier, "resource": {}}
		control.non_compliant == set() with input as {"tier": tier, "resource": {}}
	}
}

test_a_tier_that_demands_nothing_of_keys_asks_nothing if {
	silver := {"name": "silver", "required": true, "customer_key": false}
	exempt := {"name": "exempt", "required": false, "customer_key": true, "account_copy": {"retention_days": 35}}
	every tier in [silver, exempt] {
		not control.applicable with input as keyed(tier, "AWS")
	}
}
