"""Settings: one table of keys, and what is made of it (options, variables, `auditor.yaml`, schema, page)."""
