package organization

# METADATA
# title: One plan a tier
plan(tier) := {
	"name": name_of(tier),
	"tier": tier,
	"document": {"BackupPlanName": name_of(tier), "Rules": [rule(tier, row) | some row in schedule[tier].rules]},
}

rule(tier, row) := {
	"RuleName": row.name,
	"TargetBackupVaultName": name_of(tier),
	"ScheduleExpression": row.schedule,
	"ScheduleExpressionTimezone": parameters.timezone,
	"StartWindowMinutes": schedule[tier].start_window_minutes,
	"CompletionWindowMinutes": schedule[tier].completion_window_minutes,
	"Lifecycle": {"DeleteAfterDays": data.tiers.tiers[tier].retention_days},
	"CopyActions": copies(tier, row),
}

# METADATA
# title: The slowest declared schedule that keeps a tier's RPO
# description: |
#   A recovery point dates from its job's start, and a job may start anywhere in its start window: the longest gap is
#   the schedule's longest interval plus the start window (aws-backup.md 4.2, 4.3).
schedule[tier] := row if {
	some tier in applied
	slowest := max([candidate.worst_interval_hours | some candidate in fitting(tier)])
	row := [candidate | some candidate in fitting(tier); candidate.worst_interval_hours == slowest][0]
}

fitting(tier) := [row |
	some row in parameters.schedules
	row.start_window_minutes <= (data.tiers.tiers[tier].rpo_hours - row.worst_interval_hours) * 60
]

problems contains sprintf(
	"Tier %q: no schedule in parameters.yaml keeps an RPO of %v h; add a more frequent one under organization.schedules.",
	[tier, rpo_hours],
) if {
	some tier in applied
	rpo_hours := data.tiers.tiers[tier].rpo_hours
	not schedule[tier]
}

problems contains sprintf(
	"Tier %q demands a copy in another Region: pair %s with one of the pushed Regions under organization.copy_regions.",
	[tier, input.region],
) if {
	some tier in applied
	data.tiers.tiers[tier].copy
	not paired
}

# Tiers whose plan can be written; every other one has a problem that says why it cannot.
planned contains tier if {
	some tier in applied
	schedule[tier]
}

copies(tier, row) := [{
	"DestinationBackupVaultArn": sprintf(
		"arn:%s:backup:%s:%s:backup-vault:%s",
		[input.account.partition, paired, input.account.account_id, name_of(tier)],
	),
	"Lifecycle": {"DeleteAfterDays": copy_days(tier)},
} |
	row.copy
	data.tiers.tiers[tier].copy
]

# METADATA
# title: The Region that takes this Region's copies
# scope: document
# description: |
#   The declared pair; where none is declared, the other one of exactly two Regions. With more Regions the choice is a
#   decision on where data may lie, so it is never guessed.
paired := parameters.copy_regions[input.region] if parameters.copy_regions[input.region] in input.regions

paired := region if {
	not parameters.copy_regions[input.region]
	count(input.regions) == 2
	some region in input.regions
	region != input.region
}
