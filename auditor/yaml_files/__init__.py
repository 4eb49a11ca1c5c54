"""The one reader of YAML that a person wrote. Each error names the file and the line."""
