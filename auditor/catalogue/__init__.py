"""`policies/` on disk as controls, tiers, parameters and waivers; knows files, not AWS and no engine."""
