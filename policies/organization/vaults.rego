package organization

# METADATA
# title: One vault a tier, which also takes the copies of the paired Region
# description: |
#   The lock's range holds both the tier's own backups and the copies: a job outside it fails (aws-backup.md 4.7).
#   A lock in compliance mode can be altered for `compliance_grace_days` and by nobody afterwards.
vault(tier) := {
	"name": name_of(tier),
	"tier": tier,
	"key_alias": parameters.key_alias,
	"lock": lock(tier),
}

lock(tier) := {"mode": "none"} if data.tiers.tiers[tier].lock == "none"

lock(tier) := object.union_n([kept, ceiling(demanded), grace(demanded)]) if {
	demanded := data.tiers.tiers[tier]
	demanded.lock != "none"
	kept := {"mode": demanded.lock, "min_retention_days": min([demanded.retention_days, copy_days(tier)])}
}

ceiling(demanded) := {"max_retention_days": demanded.retention_max_days}

ceiling(demanded) := {} if not demanded.retention_max_days

grace(demanded) := {"changeable_for_days": parameters.compliance_grace_days} if demanded.lock == "compliance"

grace(demanded) := {} if demanded.lock == "governance"

# Days that a copy is kept; the tier's own where it demands no copy.
copy_days(tier) := object.get(data.tiers.tiers[tier], ["copy", "retention_days"], data.tiers.tiers[tier].retention_days)
