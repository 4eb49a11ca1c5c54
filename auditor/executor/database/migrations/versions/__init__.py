"""One module a revision; the newest is what the program needs."""
