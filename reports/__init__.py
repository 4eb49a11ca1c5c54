"""Reports from a saved `AuditDocument`. A leaf: imports nothing of `auditor`."""
