package organization_test

import data.organization

plan_of(tier, found) := [plan.document | some plan in found.plans; plan.tier == tier][0]

test_a_plan_is_written_as_the_api_takes_it if {
	plan_of("gold", state([], {}, {})) == {"BackupPlanName": "backup-gold", "Rules": [
		{
			"RuleName": "night",
			"TargetBackupVaultName": "backup-gold",
			"ScheduleExpression": "cron(0 1 * * ? *)",
			"ScheduleExpressionTimezone": "Etc/UTC",
			"StartWindowMinutes": 60,
			"CompletionWindowMinutes": 120,
			"Lifecycle": {"DeleteAfterDays": 35},
			"CopyActions": [{
				"DestinationBackupVaultArn": "arn:aws-cn:backup:cn-northwest-1:111122223333:backup-vault:backup-gold",
				"Lifecycle": {"DeleteAfterDays": 30},
			}],
		},
		{
			"RuleName": "noon",
			"TargetBackupVaultName": "backup-gold",
			"ScheduleExpression": "cron(0 13 * * ? *)",
			"ScheduleExpressionTimezone": "Etc/UTC",
			"StartWindowMinutes": 60,
			"CompletionWindowMinutes": 120,
			"Lifecycle": {"DeleteAfterDays": 35},
			"CopyActions": [],
		},
	]}
}

test_the_slowest_schedule_that_keeps_the_rpo_is_taken if {
	rules := {hours: [rule.RuleName | some rule in plan_of("bronze", found).Rules] |
		some hours in [13, 24.9, 25, 168.9, 169]
		found := state([], {"tiers": {"bronze": {"rpo_hours": hours}}}, {})
	}
	rules == {
		13: ["night", "noon"],
		24.9: ["night", "noon"],
		25: ["night"],
		168.9: ["night"],
		169: ["weekly"],
	}
}

test_an_rpo_that_no_schedule_keeps_is_a_problem_and_leaves_out_the_plan if {
	found := state([], {"tiers": {"bronze": {"rpo_hours": 12.9}}}, {})
	found.problems == [concat(" ", [
		"Tier \"bronze\": no schedule in parameters.yaml keeps an RPO of 12.9 h;",
		"add a more frequent one under organization.schedules.",
	])]
	[plan.tier | some plan in found.plans] == ["gold"]
}

test_two_regions_take_each_others_copies_and_a_declared_pair_wins if {
	state_in(["cn-north-1", "cn-northwest-1"], {}).problems == []
	found := state_in(["a", "b", "cn-north-1"], {"copy_regions": {"cn-north-1": "b"}})
	found.problems == []
	copies := plan_of("gold", found).Rules[0].CopyActions
	copies[0].DestinationBackupVaultArn == "arn:aws-cn:backup:b:111122223333:backup-vault:backup-gold"
}

test_a_pair_that_is_not_known_or_not_pushed_is_a_problem if {
	problem := [concat(" ", [
		"Tier \"gold\" demands a copy in another Region:",
		"pair cn-north-1 with one of the pushed Regions under organization.copy_regions.",
	])]
	state_in(["cn-north-1"], {}).problems == problem
	state_in(["a", "b", "cn-north-1"], {}).problems == problem
	state_in(["cn-north-1", "cn-northwest-1"], {"copy_regions": {"cn-north-1": "b"}}).problems == problem
}

test_a_tier_without_copies_needs_no_pair if {
	found := organization.desired with input as object.union(asked([]), {"regions": ["cn-north-1"]})
		with data.tiers as object.union(tiers, {"assignment": []})
		with data.parameters as parameters
	found.problems == []
}

vault_of(tier, found) := [vault | some vault in found.vaults; vault.tier == tier][0]

test_a_lock_holds_the_backups_and_the_copies_of_its_tier if {
	vault_of("gold", state([], {}, {})) == {
		"name": "backup-gold",
		"tier": "gold",
		"key_alias": "alias/backup",
		"lock": {"mode": "compliance", "min_retention_days": 30, "max_retention_days": 90, "changeable_for_days": 3},
	}
}

test_a_governance_lock_has_no_grace_and_a_missing_ceiling_none if {
	vault_of("silver", state(["Production"], {}, {})).lock == {"mode": "governance", "min_retention_days": 14}
	vault_of("bronze", state([], {}, {})).lock == {"mode": "none"}
}
