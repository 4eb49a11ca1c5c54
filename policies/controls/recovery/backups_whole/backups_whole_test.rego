package controls.recovery.backups_whole_test

import data.controls.recovery.backups_whole

gold := {"name": "gold", "required": true, "whole_backups": true}

asked(completion) := {"tier": gold, "completion": object.union({"fallen_back": 0}, completion)}

faults := {"stream": "stopped", "fallen_back": 1, "versioning": "off", "events": false}

issues := {"whole": false, "category": "OBJECTS_SKIPPED", "message": "2 objects"}

test_what_is_whole_is_compliant if {
	every found in [
		{"whole": true},
		{"stream": "running"},
		{"whole": true, "stream": "running"},
		object.union(issues, {"whole": true}),
		{"whole": true, "versioning": "enabled"},
		{"whole": true, "versioning": "enabled", "events": false},
		{"versioning": "enabled", "events": true, "stream": "running"},
	] {
		backups_whole.applicable with input as asked(found)
		backups_whole.compliant with input as asked(found)
		backups_whole.non_compliant == set() with input as asked(found)
	}
}

test_issues_are_told if {
	every more in [{}, {"stream": "running"}] {
		found := asked(object.union(issues, more))
		not backups_whole.compliant with input as found
		evidence := {"category": "OBJECTS_SKIPPED", "message": "2 objects"}
		backups_whole.non_compliant == {{"code": "with_issues", "evidence": evidence}} with input as found
	}
}

test_a_continuous_backup_that_stopped_is_told if {
	every more in [{}, {"whole": true}] {
		found := asked(object.union({"stream": "stopped"}, more))
		backups_whole.applicable with input as found
		not backups_whole.compliant with input as found
		backups_whole.non_compliant == {{"code": "stream_stopped", "evidence": {}}} with input as found
	}
}

test_what_fell_back_is_told if {
	found := asked({"whole": true, "fallen_back": 1})
	not backups_whole.compliant with input as found
	backups_whole.non_compliant == {{"code": "fell_back", "evidence": {"fallen_back": 1}}} with input as found
}

test_nothing_is_said_of_what_has_neither_a_job_nor_a_continuous_backup if {
	every found in [{}, {"fallen_back": 1}, {"versioning": "enabled"}, {"versioning": "enabled", "events": false}] {
		not backups_whole.applicable with input as asked(found)
		not backups_whole.compliant with input as asked(found)
		backups_whole.non_compliant == set() with input as asked(found)
	}
}

test_a_tier_that_does_not_demand_it_asks_nothing if {
	tiers := [{"name": "a", "required": true}, object.union(gold, {"required": false}), object.union(
		gold,
		{"whole_backups": false},
	)]
	every tier in tiers {
		every completion in [{"whole": true}, object.union(issues, faults)] {
			found := object.union(asked(completion), {"tier": tier})
			one := json.patch(found, [{"op": "replace", "path": "tier", "value": tier}])
			not backups_whole.applicable with input as one
			not backups_whole.compliant with input as one
			backups_whole.non_compliant == set() with input as one
		}
	}
}

test_without_a_count_it_is_not_compliant if {
	found := {"tier": gold, "completion": {"whole": true}}
	not backups_whole.compliant with input as found
	backups_whole.non_compliant == set() with input as found
}

test_a_bucket_without_versioning_is_told if {
	every state, more in {"off": {}, "suspended": {"whole": true}} {
		found := asked(object.union(more, {"versioning": state}))
		backups_whole.applicable with input as found
		not backups_whole.compliant with input as found
		evidence := {"versioning": state}
		backups_whole.non_compliant == {{"code": "not_versioned", "evidence": evidence}} with input as found
	}
}

test_a_continuous_backup_without_events_is_told if {
	every more in [{}, {"whole": true}] {
		found := asked(object.union({"stream": "running", "versioning": "enabled", "events": false}, more))
		not backups_whole.compliant with input as found
		backups_whole.non_compliant == {{"code": "no_events", "evidence": {}}} with input as found
	}
}
