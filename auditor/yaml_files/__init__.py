"""YAML that a person wrote: the one reader of it. Each error names the file and the line."""
