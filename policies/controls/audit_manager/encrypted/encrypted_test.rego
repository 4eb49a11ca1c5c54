package controls.audit_manager.encrypted_test

import data.controls.audit_manager.encrypted

asked(facts) := {"audit_manager": {"encrypted": {"in_scope": true}}, "recovery_point": facts}

test_encrypted if {
	encrypted.applicable with input as asked({"encrypted": true})
	encrypted.compliant with input as asked({"encrypted": true})
	encrypted.non_compliant == set() with input as asked({"encrypted": true})
}

test_not_encrypted_is_found if {
	reason := {"code": "not_encrypted", "evidence": {}}
	not encrypted.compliant with input as asked({"encrypted": false})
	encrypted.non_compliant == {reason} with input as asked({"encrypted": false})
}

test_what_aws_does_not_tell_is_neither if {
	not encrypted.compliant with input as asked({})
	encrypted.non_compliant == set() with input as asked({})
}

test_what_is_not_in_the_scope_is_not_judged if {
	out := {"audit_manager": {"encrypted": {"in_scope": false}}, "recovery_point": {"encrypted": true}}
	not encrypted.applicable with input as out
	not encrypted.applicable with input as {"recovery_point": {"encrypted": true}}
}
