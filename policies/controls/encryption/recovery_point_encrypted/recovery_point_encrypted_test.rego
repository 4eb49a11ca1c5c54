package controls.encryption.recovery_point_encrypted_test

import data.controls.encryption.recovery_point_encrypted as control

gold := {"name": "gold", "required": true, "customer_key": true}

silver := {"name": "silver", "required": true, "customer_key": false}

passes if {
	control.applicable
	control.compliant
	control.non_compliant == set()
}

fails(finding) if {
	control.applicable
	not control.compliant
	control.non_compliant == {finding}
}

unjudged if {
	control.applicable
	not control.compliant
	control.non_compliant == set()
}

test_customer_key if {
	point := {"encrypted": true, "key_manager": "CUSTOMER"}
	passes with input as {"tier": gold, "recovery_point": point}
	passes with input as {"tier": silver, "recovery_point": point}
}

test_key_managed_by_aws if {
	point := {"encrypted": true, "key_manager": "AWS"}
	passes with input as {"tier": silver, "recovery_point": point}
	fails({"code": "not_customer_key", "evidence": {"tier": "gold"}}) with input as {"tier": gold, "recovery_point": point}
}

test_not_encrypted if {
	every tier in [gold, silver] {
		fails({"code": "not_encrypted", "evidence": {}}) with input as {"tier": tier, "recovery_point": {"encrypted": false}}
	}
}

test_unread_encryption_is_not_judged if {
	unjudged with input as {"tier": gold, "recovery_point": {"encrypted": true}}
	unjudged with input as {"tier": gold, "recovery_point": {"key_manager": "CUSTOMER"}}
	unjudged with input as {"tier": silver, "recovery_point": {"encrypted": "true"}}
}

test_without_a_tier_only_a_missing_encryption_is_judged if {
	fails({"code": "not_encrypted", "evidence": {}}) with input as {"recovery_point": {"encrypted": false}}
	not control.applicable with input as {"recovery_point": {"encrypted": true, "key_manager": "AWS"}}
	not control.applicable with input as {"recovery_point": {}}
}

test_a_tier_without_backups_is_not_applicable if {
	exempt := {"name": "exempt", "required": false}
	not control.applicable with input as {"tier": exempt, "recovery_point": {"encrypted": false}}
}

test_an_unencrypted_point_is_one_finding_whatever_key_it_names if {
	every manager in ["AWS", "CUSTOMER"] {
		point := {"encrypted": false, "key_manager": manager}
		fails({"code": "not_encrypted", "evidence": {}}) with input as {"tier": gold, "recovery_point": point}
	}
}

test_a_tier_that_does_not_say_whose_key_is_not_judged if {
	silent := {"name": "silent", "required": true}
	unjudged with input as {"tier": silent, "recovery_point": {"encrypted": true, "key_manager": "CUSTOMER"}}
}
