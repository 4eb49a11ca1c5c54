package controls.recovery.restore_tested_test

import data.controls.recovery.restore_tested as control

gold := {"name": "gold", "required": true, "restore_test": {"max_age_days": 30}}

given(restores) := {"tier": gold, "resource": {"age_hours": 1000, "seen_hours": 1000}, "restores": restores}

unknown := "which restore-testing plans select it is not known"

none := {"completed": 0, "placed": 0, "counted": 0}

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

test_a_restore_as_old_as_the_tier_allows if {
	passes with input as given({"completed": 1, "placed": 1, "counted": 1, "age_days": 30})
}

test_a_restore_just_too_old if {
	evidence := {"tier": "gold", "age_days": 30.5, "max_age_days": 30, "testing": unknown}
	fails("too_old", evidence) with input as given({"completed": 2, "placed": 2, "counted": 1, "age_days": 30.5})
}

test_no_restore if {
	fails("not_restored", {"tier": "gold", "max_age_days": 30, "testing": unknown}) with input as given(none)
}

test_a_finding_says_which_plan_selects_it if {
	said := "the restore-testing plan weekly selects it, next at 2026-03-02 05:00 UTC"
	evidence := {"tier": "gold", "max_age_days": 30, "testing": said}
	fails("not_restored", evidence) with input as given(object.union(none, {"testing": said}))
	stale := {"completed": 2, "placed": 2, "counted": 1, "age_days": 31, "testing": said}
	fails("too_old", object.union(evidence, {"age_days": 31})) with input as given(stale)
	unsure := {"completed": 1, "placed": 1, "counted": 0, "testing": said}
	fails("not_validated", object.union(evidence, {"completed": 1})) with input as given(unsure)
}

test_a_restore_without_the_validation_that_counts if {
	evidence := {"tier": "gold", "max_age_days": 30, "completed": 1, "testing": unknown}
	fails("not_validated", evidence) with input as given({"completed": 1, "placed": 1, "counted": 0})
}

test_a_young_resource_need_not_have_been_restored if {
	young := object.union(given(none), {"resource": {"age_hours": 720, "seen_hours": 720}})
	not control.applicable with input as young
	old := object.union(young, {"resource": {"age_hours": 720.5, "seen_hours": 720.5}})
	fails("not_restored", {"tier": "gold", "max_age_days": 30, "testing": unknown}) with input as old
	restored := object.union(young, {"restores": {"completed": 1, "placed": 1, "counted": 1, "age_days": 1}})
	passes with input as restored
}

test_one_whose_creation_nothing_tells_is_judged_by_its_first_sign if {
	every restores in [none, {"completed": 1, "placed": 1, "counted": 0}] {
		early := {"tier": gold, "resource": {"seen_hours": 696}, "restores": restores}
		unjudged with input as early
		later := object.union(early, {"resource": {"seen_hours": 696.5}})
		count(control.non_compliant) == 1 with input as later
		unjudged with input as object.union(object.remove(early, ["resource"]), {"resource": {}})
	}
}

test_what_is_not_read_is_not_judged if {
	unjudged with input as given({})
	unjudged with input as given({"completed": 1, "placed": 1, "counted": 1})
	unjudged with input as given({"completed": "1", "placed": "1", "counted": 0})
	unjudged with input as given({"completed": 1, "placed": 1, "counted": 1, "age_days": "7"})
	unjudged with input as given({"completed": 1, "placed": 1, "counted": 1, "age_days": "70"})
}

test_a_tier_that_asks_for_no_restores_is_not_applicable if {
	every tier in [
		{"name": "silver", "required": true},
		{"name": "exempt", "required": false, "restore_test": {"max_age_days": 30}},
	] {
		not control.applicable with input as object.union(object.remove(given(none), ["tier"]), {"tier": tier})
	}
}

test_what_passes_is_never_found_too if {
	passes with input as given({"completed": 0, "counted": 0, "age_days": 30})
	passes with input as given({"completed": 1, "placed": 1, "counted": 0, "age_days": 30})
	passes with input as given({"completed": 1, "placed": 0, "counted": 0, "age_days": 30})
}

apart := object.union(gold, {"restore_test": {"max_age_days": 30, "other_account": true}})

test_a_restore_in_its_own_account_where_another_is_asked_for if {
	at_home := object.union(given({"completed": 3, "placed": 0, "counted": 0}), {"tier": apart})
	evidence := {"tier": "gold", "max_age_days": 30, "completed": 3, "testing": unknown}
	fails("not_apart", evidence) with input as at_home
	there := object.union(at_home, {"restores": {"completed": 3, "placed": 1, "counted": 1, "age_days": 30}})
	passes with input as there
	once := object.union(at_home, {"restores": {"completed": 1}})
	fails("not_apart", object.union(evidence, {"completed": 1})) with input as once
	unread := object.union(at_home, {"resource": {"age_hours": 1000, "seen_hours": 696}})
	unjudged with input as unread
}

test_one_elsewhere_that_was_not_validated if {
	both := object.union(apart, {"restore_test": {"max_age_days": 30, "other_account": true, "validated": true}})
	found := object.union(given({"completed": 3, "placed": 2, "counted": 0}), {"tier": both})
	evidence := {"tier": "gold", "max_age_days": 30, "completed": 2, "testing": unknown}
	fails("not_validated", evidence) with input as found
}

fresh := {"completed": 1, "placed": 1, "counted": 1, "age_days": 1}

sampled(size, sample) := {
	"tier": object.union(gold, {"restore_test": object.union({"max_age_days": 30, "sample": true}, size)}),
	"resource": {"age_hours": 1000, "seen_hours": 1000},
	"restores": object.union(fresh, sample),
}

test_a_sample_has_as_many_as_are_needed if {
	every size in [{"sample_resources": 3}, {"sample_percent": 30}] {
		passes with input as sampled(size, {"sample": {"restored": 3, "population": 10, "needed": 3}})
		few := {"restored": 2, "population": 10, "needed": 3}
		evidence := object.union(few, {"tier": "gold", "max_age_days": 30, "testing": unknown})
		fails("sample_too_small", evidence) with input as sampled(size, {"sample": few})
		unjudged with input as sampled(size, {})
	}
	passes with input as sampled({}, {})
}

test_a_sample_that_is_too_old_is_not_found_to_be_too_small if {
	few := {"sample": {"restored": 0, "population": 10, "needed": 3}, "age_days": 31}
	evidence := {"tier": "gold", "age_days": 31, "max_age_days": 30, "testing": unknown}
	fails("too_old", evidence) with input as sampled({"sample_resources": 3}, few)
}
