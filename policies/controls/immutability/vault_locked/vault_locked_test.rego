package controls.immutability.vault_locked_test

import data.controls.immutability.vault_locked as control

vault(demanded, lock) := {"vault": {"demanded_lock": demanded, "lock": lock}}

unlocked := {"mode": "none", "in_force": false, "compliance_in_force": false}

governance := {"mode": "governance", "in_force": true, "compliance_in_force": false}

in_force := {"mode": "compliance", "in_force": true, "lock_date": "2026-01-01T00:00:00Z"}

pending := {"mode": "compliance", "in_force": false, "lock_date": "2026-03-01T00:00:00Z"}

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

test_no_lock if {
	every demanded in ["governance", "compliance"] {
		finding := {"code": "not_locked", "evidence": {"demanded_lock": demanded}}
		fails(finding) with input as vault(demanded, unlocked)
	}
}

test_compliance_demanded if {
	passes with input as vault("compliance", in_force)
	weak := {"demanded_lock": "compliance", "mode": "governance"}
	fails({"code": "mode_too_weak", "evidence": weak}) with input as vault("compliance", governance)
	date := {"lock_date": "2026-03-01T00:00:00Z"}
	fails({"code": "lock_not_yet_in_force", "evidence": date}) with input as vault("compliance", pending)
}

test_a_lock_date_that_is_not_known if {
	lock := {"mode": "compliance", "in_force": false}
	finding := {"code": "lock_not_yet_in_force", "evidence": {"lock_date": "unknown"}}
	fails(finding) with input as vault("compliance", lock)
}

test_governance_demanded if {
	passes with input as vault("governance", governance)
	passes with input as vault("governance", in_force)
	passes with input as vault("governance", pending)
}

test_only_a_compliance_lock_in_force_has_a_date if {
	then := {"compliance_in_force": false}
	finding := {"code": "no_compliance_lock", "evidence": {"demanded_lock": "compliance"}}
	fails(finding) with input as vault("compliance", then)
	unjudged with input as vault("governance", then)
}

test_an_unread_lock_is_not_judged if {
	unjudged with input as {"vault": {"demanded_lock": "compliance"}}
	unjudged with input as vault("compliance", {"mode": "compliance"})
}

test_a_vault_that_no_tier_wants_locked_is_not_applicable if {
	not control.applicable with input as vault("none", unlocked)
	not control.applicable with input as {"vault": {"lock": unlocked}}
}
