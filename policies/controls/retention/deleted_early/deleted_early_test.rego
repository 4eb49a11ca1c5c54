package controls.retention.deleted_early_test

import data.controls.retention.deleted_early as control

gold := {"name": "gold", "required": true, "retention_days": 35}

deleted(number) := {"tier": gold, "backups": {"deleted_early": number}}

test_none_is_compliant if {
	control.applicable with input as deleted(0)
	control.compliant with input as deleted(0)
	control.non_compliant == set() with input as deleted(0)
}

test_one_is_a_finding if {
	finding := {"code": "deleted_before_its_time", "evidence": {"deleted_early": 1}}
	control.applicable with input as deleted(1)
	not control.compliant with input as deleted(1)
	control.non_compliant == {finding} with input as deleted(1)
}

test_what_was_not_read_is_not_judged if {
	every document in [{"tier": gold}, {"tier": gold, "backups": {}}, deleted("1"), deleted(null)] {
		control.applicable with input as document
		not control.compliant with input as document
		control.non_compliant == set() with input as document
	}
}

test_a_tier_that_asks_for_no_backup_is_not_applicable if {
	exempt := {"tier": {"name": "exempt", "required": false}}
	not control.applicable with input as object.union(deleted(1), exempt)
	not control.applicable with input as {"backups": {"deleted_early": 1}}
}
