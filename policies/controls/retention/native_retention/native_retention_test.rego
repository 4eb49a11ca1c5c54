package controls.retention.native_retention_test

import data.controls.retention.native_retention as control

kinds := ["automated_backups", "point_in_time_recovery"]

gold := {
	"name": "gold",
	"required": true,
	"retention_days": 14,
	"native": {"coverage": kinds, "retention": kinds},
}

kept(days) := {
	"kind": "automated_backups",
	"said": sprintf("automated backups (%d days)", [days]),
	"retention_days": days,
}

untold := {"kind": "point_in_time_recovery", "said": "point-in-time recovery"}

policy := {"kind": "lifecycle_policy", "said": "policy policy-1 of Data Lifecycle Manager"}

bare(tier, on) := {"tier": tier, "protection": {"selected": false, "native_on": on}}

short(said) := {
	"code": "kept_too_short",
	"evidence": {"tier": "gold", "native": said, "retention_days": 14},
}

test_as_long_as_demanded_is_enough if {
	every on in [[kept(14)], [kept(13), kept(14)], [untold, kept(14)]] {
		control.applicable with input as bare(gold, on)
		control.compliant with input as bare(gold, on)
		control.non_compliant == set() with input as bare(gold, on)
	}
}

test_a_day_less_is_too_short if {
	control.applicable with input as bare(gold, [kept(13)])
	not control.compliant with input as bare(gold, [kept(13)])
	control.non_compliant == {short("automated backups (13 days)")} with input as bare(gold, [kept(13)])
	both := {short("automated backups (7 days) and automated backups (13 days)")}
	control.non_compliant == both with input as bare(gold, [kept(7), kept(13)])
}

test_days_that_are_not_told_are_not_judged if {
	every on in [[untold], [kept(13), untold]] {
		control.applicable with input as bare(gold, on)
		not control.compliant with input as bare(gold, on)
		control.non_compliant == set() with input as bare(gold, on)
	}
}

test_what_is_accepted_as_coverage_alone_is_named if {
	finding := {"code": "not_accepted", "evidence": {"tier": "gold", "native": "automated backups (35 days)"}}
	every retention in [{}, {"retention": ["point_in_time_recovery"]}] {
		native := object.union({"coverage": ["automated_backups"]}, retention)
		tier := object.union(object.remove(gold, ["native"]), {"native": native})
		control.applicable with input as bare(tier, [kept(35)])
		not control.compliant with input as bare(tier, [kept(35)])
		control.non_compliant == {finding} with input as bare(tier, [kept(35)])
	}
	both := {
		"code": "not_accepted",
		"evidence": {
			"tier": "gold",
			"native": "automated backups (35 days) and policy policy-1 of Data Lifecycle Manager",
		},
	}
	wide := object.union(gold, {"native": {"coverage": ["automated_backups", "lifecycle_policy"], "retention": []}})
	control.non_compliant == {both} with input as bare(wide, [kept(35), policy])
}

test_what_is_no_coverage_is_not_asked if {
	narrow := object.union(gold, {"native": {"coverage": ["point_in_time_recovery"], "retention": kinds}})
	every input_ in [
		bare(narrow, [kept(7)]),
		bare(object.remove(gold, ["native"]), [kept(7)]),
		bare(gold, []),
		bare(object.union(gold, {"required": false}), [kept(7)]),
		{"tier": gold, "protection": {"selected": true, "native_on": [kept(7)]}},
		{"tier": gold, "protection": {"native_on": [kept(7)]}},
		{"tier": gold, "protection": {"selected": false}},
	] {
		not control.applicable with input as input_
	}
}
