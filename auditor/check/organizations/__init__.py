"""Backup policies of AWS Organizations: files, the tree that they are attached to, what accounts get."""
