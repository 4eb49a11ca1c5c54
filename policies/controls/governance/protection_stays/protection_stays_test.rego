package controls.governance.protection_stays_test

import data.controls.governance.protection_stays as control

change(kind, action) := {"change": {"kind": kind, "action": action, "name": "main", "made_first": false}}

passes if {
	control.applicable
	control.compliant
	control.non_compliant == set()
}

test_what_is_deleted_is_a_finding if {
	every kind in ["vault", "selection"] {
		found := change(kind, "deleted")
		control.applicable with input as found
		not control.compliant with input as found
		reason := {"code": "deleted", "evidence": {"kind": kind, "name": "main"}}
		control.non_compliant == {reason} with input as found
	}
}

test_what_something_else_does_is_none if {
	found := change("selection", "deleted")
	passes with input as object.union(found, {"change": {"kept_by": "aws_backup_selection.new"}})
}

test_what_is_replaced_is_a_finding_that_says_what_is_lost if {
	every kind, text in object.union(control.lost, {"tier": "it is gone in between"}) {
		found := change(kind, "replaced")
		not control.compliant with input as found
		reason := {"code": "replaced", "evidence": {"kind": kind, "name": "main", "lost": text}}
		control.non_compliant == {reason} with input as found
		not control.compliant with input as object.union(found, {"change": {"kept_by": "a"}})
	}
}

test_an_edited_selection_is_none if {
	passes with input as change("selection", "replaced")
}

test_what_is_made_before_the_old_one_is_deleted if {
	passes with input as object.union(change("plan", "replaced"), {"change": {"made_first": true}})
	vault := object.union(change("vault", "replaced"), {"change": {"made_first": true}})
	not control.compliant with input as vault
	count(control.non_compliant) == 1 with input as vault
}

test_what_is_weakened_says_what_it_loses if {
	texts := object.union(control.does, {"lock": "protects", "plan": "protects"})
	every kind, text in texts {
		found := object.union(change(kind, "weakened"), {"change": {"lost": ["a", "b"]}})
		control.applicable with input as found
		not control.compliant with input as found
		evidence := {"kind": kind, "name": "main", "does": text, "lost": "a, b"}
		control.non_compliant == {{"code": "weakened", "evidence": evidence}} with input as found
	}
	not control.compliant with input as object.union(change("lock", "weakened"), {"change": {"kept_by": "a"}})
	control.non_compliant == set() with input as change("lock", "weakened")
	deleted := object.union(change("lock", "deleted"), {"change": {"lost": ["a"]}})
	count(control.non_compliant) == 1 with input as deleted
}

test_what_demands_less_is_a_finding if {
	found := object.union(change("tier", "lowered"), {"change": {"lost": ["rpo_hours 24 becomes 26"]}})
	control.applicable with input as found
	not control.compliant with input as found
	evidence := {"kind": "tier", "name": "main", "lost": "rpo_hours 24 becomes 26"}
	control.non_compliant == {{"code": "lowered", "evidence": evidence}} with input as found
	not control.compliant with input as object.union(found, {"change": {"kept_by": "a", "made_first": true}})
	deleted := object.union(found, {"change": {"action": "deleted"}})
	count(control.non_compliant) == 1 with input as deleted
	count(control.non_compliant) == 0 with input as change("tier", "lowered")
}

test_nothing_else_is_asked if {
	not control.applicable with input as change("vault", "updated")
	not control.applicable with input as {"change": {}}
}
