"""The catalog: what the executor must remember, in one SQL database."""
