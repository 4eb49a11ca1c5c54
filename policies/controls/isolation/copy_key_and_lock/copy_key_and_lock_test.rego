package controls.isolation.copy_key_and_lock_test

import data.controls.isolation.copy_key_and_lock as control

parameters := {"controls": {"copy_max_age_rpos": 2}}

gold(demand) := {
	"name": "gold",
	"required": true,
	"rpo_hours": 24,
	"account_copy": {"retention_days": 35, "under": demand},
}

own_key := {"own_key": true}

both(lock) := {"own_key": true, "lock": lock}

held := {
	"vault": "arn:v",
	"key": "own",
	"lock": "compliance",
	"age_hours": 48,
	"never_expires": false,
	"retention_days": 35,
}

foreign := object.union(held, {"key": "another", "key_account": "111122223333"})

plain := object.union(foreign, {"key": "none"})

locked(lock) := object.union(held, {"lock": lock})

of(demand, found) := {"tier": gold(demand), "account_copies": {"held": found}}

passes if {
	control.applicable
	control.compliant
	control.non_compliant == set()
}

fails(code, evidence) if {
	control.applicable
	not control.compliant
	control.non_compliant == {{"code": code, "evidence": evidence}}
}

unjudged if {
	control.applicable
	not control.compliant
	control.non_compliant == set()
}

not_asked if {
	not control.applicable
	control.non_compliant == set()
}

test_a_copy_that_lies_as_demanded_is_enough if {
	every demand in [own_key, {"lock": "governance"}, {"lock": "compliance"}, both("governance"), both("compliance")] {
		passes with input as of(demand, [held]) with data.parameters as parameters
		passes with input as of(demand, [foreign, plain, locked("none"), held]) with data.parameters as parameters
	}
	endless := object.union(object.remove(held, ["retention_days"]), {"never_expires": true})
	passes with input as of(both("compliance"), [endless]) with data.parameters as parameters
}

test_what_is_not_demanded_is_not_looked_at if {
	passes with input as of(own_key, [locked("none")]) with data.parameters as parameters
	passes with input as of({"lock": "compliance"}, [foreign]) with data.parameters as parameters
	passes with input as of({"own_key": false, "lock": "compliance"}, [foreign]) with data.parameters as parameters
	passes with input as of(own_key, [object.remove(held, ["lock"])]) with data.parameters as parameters
	passes with input as of({"lock": "compliance"}, [object.remove(held, ["key"])]) with data.parameters as parameters
}

test_a_key_of_another_account_or_none if {
	evidence := {"tier": "gold", "keys": "one of account 111122223333"}
	every demand in [own_key, both("compliance")] {
		fails("no_own_key", evidence) with input as of(demand, [foreign]) with data.parameters as parameters
	}
	fails("no_own_key", {"tier": "gold", "keys": "none at all"}) with input as of(own_key, [plain])
		with data.parameters as parameters
	mixed := {"tier": "gold", "keys": "none at all, one of account 111122223333"}
	fails("no_own_key", mixed) with input as of(own_key, [foreign, plain]) with data.parameters as parameters
}

test_both_sides_of_each_lock if {
	every lock in ["governance", "pending", "compliance"] {
		passes with input as of({"lock": "governance"}, [locked(lock)]) with data.parameters as parameters
	}
	unlocked := {"tier": "gold", "demanded_lock": "governance", "locks": "none"}
	fails("vault_not_locked", unlocked) with input as of({"lock": "governance"}, [locked("none")])
		with data.parameters as parameters
	every lock in ["none", "governance", "pending"] {
		evidence := {"tier": "gold", "demanded_lock": "compliance", "locks": lock}
		fails("vault_not_locked", evidence) with input as of(both("compliance"), [locked(lock)])
			with data.parameters as parameters
	}
	several := {"tier": "gold", "demanded_lock": "compliance", "locks": "governance, none"}
	fails("vault_not_locked", several) with input as of({"lock": "compliance"}, [locked("none"), locked("governance")])
		with data.parameters as parameters
}

test_a_key_here_and_a_lock_there_are_not_both if {
	evidence := {"tier": "gold", "demanded_lock": "compliance"}
	fails("not_both", evidence) with input as of(both("compliance"), [foreign, locked("governance")])
		with data.parameters as parameters
}

test_neither_key_nor_lock_is_said_twice if {
	neither := object.union(foreign, {"lock": "none"})
	codes := {reason.code | some reason in control.non_compliant} with input as of(both("compliance"), [neither])
		with data.parameters as parameters
	codes == {"no_own_key", "vault_not_locked"}
}

test_what_is_not_known_of_one_leaves_it_open if {
	every unknown in [object.remove(held, ["key"]), object.remove(held, ["lock"])] {
		every found in [[unknown], [unknown, object.union(foreign, {"lock": "none"})]] {
			unjudged with input as of(both("compliance"), found) with data.parameters as parameters
		}
	}
	unjudged with input as of(own_key, [object.remove(held, ["key"])]) with data.parameters as parameters
	odd := object.union(held, {"key": "odd", "lock": "odd"})
	every demand in [own_key, {"lock": "governance"}, both("compliance")] {
		unjudged with input as of(demand, [odd]) with data.parameters as parameters
	}
}

test_copies_that_do_not_count_are_not_judged if {
	every changed in [{"age_hours": 48.5}, {"retention_days": 34}] {
		not_asked with input as of(own_key, [object.union(foreign, changed)]) with data.parameters as parameters
		not control.compliant with input as of(own_key, [object.union(held, changed)]) with data.parameters as parameters
		passes with input as of(own_key, [held, object.union(foreign, changed)]) with data.parameters as parameters
	}
	not_asked with input as of(both("compliance"), []) with data.parameters as parameters
}

test_a_tier_that_asks_for_neither_is_not_judged if {
	every demand in [{}, {"own_key": false}] {
		not_asked with input as of(demand, [foreign]) with data.parameters as parameters
		not control.compliant with input as of(demand, [held]) with data.parameters as parameters
	}
	exempt := {"tier": object.union(gold(own_key), {"required": false}), "account_copies": {"held": [held]}}
	not control.applicable with input as exempt with data.parameters as parameters
	not control.applicable with input as {"tier": {"required": true}} with data.parameters as parameters
}

test_unread_copies_are_not_judged if {
	not_asked with input as {"tier": gold(own_key)} with data.parameters as parameters
	unread := {"tier": object.union(gold(own_key), {"rpo_hours": "24"}), "account_copies": {"held": [held]}}
	not control.applicable with input as unread with data.parameters as parameters
}
