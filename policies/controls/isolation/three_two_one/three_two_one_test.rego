package controls.isolation.three_two_one_test

import data.controls.isolation.three_two_one as control

parameters := {"controls": {"copy_max_age_rpos": 2}}

rule := {"copies": 3, "kinds": 2, "elsewhere": 1, "immutable": 1, "restore_errors": 0}

gold := {
	"name": "gold", "required": true, "rpo_hours": 24, "restore_test": {"max_age_days": 30}, "three_two_one": rule,
}

main := {
	"vault": "main", "place": "1 a", "age_hours": 48,
	"elsewhere": false, "air_gapped": false, "immutable": false, "cold": false,
}

far := object.union(main, {"vault": "far", "place": "2 a", "elsewhere": true, "immutable": true})

tested := {"counted": 1, "age_days": 30, "failed_since": 0}

given(backups, restores) := {
	"tier": gold,
	"resource": {"age_hours": 1000, "seen_hours": 1000},
	"apart": {"backups": backups},
	"restores": restores,
}

demanding(changes) := object.union(given([main, far], tested), {"tier": {"three_two_one": changes}})

passes if {
	control.applicable
	control.compliant
	control.non_compliant == set()
}

fails(code, evidence) if {
	control.applicable
	not control.compliant
	control.non_compliant == {{"code": code, "evidence": object.union(evidence, {"tier": "gold"})}}
}

unjudged if {
	control.applicable
	not control.compliant
	control.non_compliant == set()
}

test_each_digit_is_just_enough if {
	passes with input as given([main, far], tested) with data.parameters as parameters
	spare := object.union(main, {"vault": "spare"})
	passes with input as given([main, spare, far], tested) with data.parameters as parameters
	more := object.union(far, {"vault": "further", "place": "3 a"})
	passes with input as given([main, far, more], tested) with data.parameters as parameters
}

test_one_vault_is_one_copy if {
	older := object.union(far, {"cold": true, "age_hours": 24})
	fails("too_few_copies", {"copies": 2, "asked": 3}) with input as given([far, older], tested)
		with data.parameters as parameters
}

test_what_is_too_old_is_no_copy if {
	stale := object.union(main, {"age_hours": 48.5})
	codes := {reason.code | some reason in control.non_compliant} with input as given([stale, far], tested)
		with data.parameters as parameters
	codes == {"too_few_copies", "too_few_kinds"}
}

test_two_vaults_of_a_kind_are_one_kind if {
	near := object.union(far, {"place": "1 a"})
	fails("too_few_kinds", {"kinds": 1, "asked": 2}) with input as given([main, near], tested)
		with data.parameters as parameters
	every differing in [{"place": "1 b"}, {"air_gapped": true}, {"cold": true}] {
		passes with input as given([main, object.union(near, differing)], tested) with data.parameters as parameters
	}
}

test_none_lies_elsewhere if {
	here := object.union(far, {"elsewhere": false})
	fails("too_few_elsewhere", {"elsewhere": 0, "asked": 1}) with input as given([main, here], tested)
		with data.parameters as parameters
}

test_none_is_immutable if {
	every lock in [{"immutable": false}, {"immutable": "true"}] {
		open := object.union(far, lock)
		fails("too_few_immutable", {"immutable": 0, "asked": 1}) with input as given([main, open], tested)
			with data.parameters as parameters
	}
}

test_a_tier_may_demand_more_or_less if {
	fails("too_few_copies", {"copies": 3, "asked": 4}) with input as demanding({"copies": 4})
		with data.parameters as parameters
	fails("too_few_kinds", {"kinds": 2, "asked": 3}) with input as demanding({"kinds": 3})
		with data.parameters as parameters
	fails("too_few_elsewhere", {"elsewhere": 1, "asked": 2}) with input as demanding({"elsewhere": 2})
		with data.parameters as parameters
	fails("too_few_immutable", {"immutable": 1, "asked": 2}) with input as demanding({"immutable": 2})
		with data.parameters as parameters
	passes with input as demanding({"copies": 2, "kinds": 1, "elsewhere": 0, "immutable": 0})
		with data.parameters as parameters
}

test_no_restore_counts if {
	none := {"counted": 0, "failed_since": 0}
	fails("not_restored", {"max_age_days": 30}) with input as given([main, far], none) with data.parameters as parameters
}

test_a_restore_just_too_old if {
	evidence := {"age_days": 30.5, "max_age_days": 30}
	fails("restore_too_old", evidence) with input as given([main, far], object.union(tested, {"age_days": 30.5}))
		with data.parameters as parameters
}

test_a_restore_that_failed if {
	bad := object.union(tested, {"failed_since": 1})
	fails("restore_failed", {"failed": 1, "allowed": 0}) with input as given([main, far], bad)
		with data.parameters as parameters
	allowed := object.union(given([main, far], bad), {"tier": {"three_two_one": {"restore_errors": 1}}})
	passes with input as allowed with data.parameters as parameters
}

test_each_digit_that_is_missing_is_named if {
	found := given([], {"counted": 0, "failed_since": 2})
	codes := {reason.code | some reason in control.non_compliant} with input as found with data.parameters as parameters
	codes == {
		"too_few_copies", "too_few_kinds", "too_few_elsewhere", "too_few_immutable", "not_restored", "restore_failed",
	}
	control.applicable with input as found with data.parameters as parameters
}

aged(hours, backups, restores) := object.union(
	given(backups, restores),
	{"resource": {"age_hours": hours, "seen_hours": hours}},
)

test_what_is_young_need_not_have_copies_yet if {
	not control.applicable with input as aged(48, [main], tested) with data.parameters as parameters
	control.non_compliant == set() with input as aged(48, [], tested) with data.parameters as parameters
	count(control.non_compliant) == 4 with input as aged(48.5, [], tested) with data.parameters as parameters
	control.applicable with input as aged(48.5, [], tested) with data.parameters as parameters
	passes with input as aged(1, [main, far], tested) with data.parameters as parameters
	failed := object.union(tested, {"failed_since": 1})
	fails("restore_failed", {"failed": 1, "allowed": 0}) with input as aged(1, [main], failed)
		with data.parameters as parameters
}

test_what_is_young_need_not_be_restored_yet if {
	none := {"counted": 0, "failed_since": 0}
	not control.applicable with input as aged(720, [main, far], none) with data.parameters as parameters
	fails("not_restored", {"max_age_days": 30}) with input as aged(720.5, [main, far], none)
		with data.parameters as parameters
	codes := {reason.code | some reason in control.non_compliant} with input as aged(720, [far], none)
		with data.parameters as parameters
	codes == {"too_few_copies", "too_few_kinds"}
	control.applicable with input as aged(720, [far], none) with data.parameters as parameters
	unjudged with input as aged(720, [main, far], {"counted": 1, "failed_since": 0}) with data.parameters as parameters
}

heard_of(hours, backups, restores) := object.remove(aged(hours, backups, restores), ["resource"])

first_sign(hours, backups, restores) := object.union(
	heard_of(hours, backups, restores),
	{"resource": {"seen_hours": hours}},
)

test_what_nothing_tells_the_creation_of_is_judged_by_its_first_sign if {
	none := {"counted": 0, "failed_since": 0}
	unjudged with input as first_sign(48, [], tested) with data.parameters as parameters
	count(control.non_compliant) == 4 with input as first_sign(48.5, [], tested) with data.parameters as parameters
	unjudged with input as first_sign(696, [main, far], none) with data.parameters as parameters
	fails("not_restored", {"max_age_days": 30}) with input as first_sign(696.5, [main, far], none)
		with data.parameters as parameters
}

test_what_is_not_read_is_not_judged if {
	full := given([main, far], tested)
	every path in ["apart", "restores"] {
		unjudged with input as object.remove(full, [path]) with data.parameters as parameters
	}
	every fact in ["age_days", "failed_since"] {
		unjudged with input as given([main, far], object.remove(tested, [fact])) with data.parameters as parameters
	}
	unjudged with input as given("main", tested) with data.parameters as parameters
	unjudged with input as object.union(full, {"tier": {"rpo_hours": "24"}}) with data.parameters as parameters
	unjudged with input as heard_of(1000, [], tested) with data.parameters as parameters
}

test_a_backup_of_an_unknown_kind_is_none_of_two if {
	strange := object.remove(far, ["air_gapped"])
	control.non_compliant != set() with input as given([main, strange], tested) with data.parameters as parameters
	not control.compliant with input as given([main, strange], tested) with data.parameters as parameters
}

test_a_tier_that_does_not_demand_it_is_not_applicable if {
	bare := {"apart": {"backups": []}, "resource": {"age_hours": 1000, "seen_hours": 1000}}
	silver := object.remove(gold, ["three_two_one"])
	exempt := object.union(gold, {"required": false})
	every tier in [silver, exempt] {
		not control.applicable with input as object.union(bare, {"tier": tier}) with data.parameters as parameters
	}
}
