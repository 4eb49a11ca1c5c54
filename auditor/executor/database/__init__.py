"""The database: what the executor must remember, in one SQL database."""
