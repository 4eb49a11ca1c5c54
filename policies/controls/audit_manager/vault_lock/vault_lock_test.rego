package controls.audit_manager.vault_lock_test

import data.controls.audit_manager.vault_lock

asked(locks, wanted) := {"audit_manager": {
	"vault_lock": object.union({"in_scope": true}, wanted),
	"locks": locks,
}}

open := {"vault": "open"}

closed := {"vault": "closed", "min_retention_days": 30, "max_retention_days": 90}

range := {"min_retention_days": 30, "max_retention_days": 90}

found if {
	vault_lock.applicable
	not vault_lock.compliant
}

passes if {
	vault_lock.applicable
	vault_lock.compliant
	vault_lock.non_compliant == set()
}

test_any_lock_will_do if passes with input as asked([open], {})

test_no_lock_is_found if {
	found with input as asked([], {})
	vault_lock.non_compliant == {{"code": "no_lock", "evidence": {}}} with input as asked([], {})
	vault_lock.non_compliant == {{"code": "no_lock", "evidence": {}}} with input as asked([], range)
}

test_a_lock_within_the_range if {
	passes with input as asked([closed], range)
	passes with input as asked([closed], {"min_retention_days": 29, "max_retention_days": 91})
	passes with input as asked([open, closed], range)
	passes with input as asked([closed], {"min_retention_days": 30})
	passes with input as asked([closed], {"max_retention_days": 90})
}

test_a_lock_outside_of_the_range_is_found if {
	every wanted in [{"min_retention_days": 31}, {"max_retention_days": 89}] {
		found with input as asked([closed], wanted)
		other := {{"code": "other_range", "evidence": {"vaults": ["closed"]}}}
		vault_lock.non_compliant == other with input as asked([closed], wanted)
	}
	both := {{"code": "other_range", "evidence": {"vaults": ["closed", "open"]}}}
	vault_lock.non_compliant == both with input as asked([open, closed], {"min_retention_days": 31})
}

test_a_lock_without_an_end_admits_any if {
	found with input as asked([open], {"min_retention_days": 1})
	found with input as asked([open], {"max_retention_days": 36500})
}

test_what_was_not_read_is_neither if {
	unread := {"audit_manager": {"vault_lock": {"in_scope": true}}}
	not vault_lock.compliant with input as unread
	vault_lock.non_compliant == set() with input as unread
}

test_what_is_not_in_the_scope_is_not_judged if {
	not vault_lock.applicable with input as {"audit_manager": {"vault_lock": {"in_scope": false}, "locks": []}}
	not vault_lock.applicable with input as {"audit_manager": {"locks": []}}
}
