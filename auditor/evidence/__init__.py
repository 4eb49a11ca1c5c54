"""The evidence of one run: Parquet tables and a manifest with the SHA-256 of each file."""
