"""What the executor must remember, in one SQL database."""
