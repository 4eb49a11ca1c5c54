"""Evidence and arithmetic become facts; facts become the answers of the controls."""
