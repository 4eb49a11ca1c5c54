"""AWS to evidence: one collector per noun, run over accounts and Regions in parallel."""
