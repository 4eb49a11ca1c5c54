package controls.encryption.key_declared_test

import data.controls.encryption.key_declared as control

test_a_customer_managed_key_is_enough if {
	found := {"vault": {"customer_key_for": ["gold", "records"], "key_manager": "CUSTOMER"}}
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_a_key_of_aws_is_named_with_the_tiers if {
	found := {"vault": {"customer_key_for": ["gold", "records"], "key_manager": "AWS"}}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "no_customer_key", "evidence": {"tiers": "gold, records"}}} with input as found
}

test_a_key_that_is_not_known_is_not_judged if {
	found := {"vault": {"customer_key_for": ["gold"]}}
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_no_tier_demands_one if {
	every manager in ["AWS", "CUSTOMER"] {
		not control.applicable with input as {"vault": {"customer_key_for": [], "key_manager": manager}}
	}
	not control.applicable with input as {"vault": {}}
}
