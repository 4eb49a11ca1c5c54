"""Judge infrastructure and plans before they are merged, by the controls of the audit: `auditor check`."""
