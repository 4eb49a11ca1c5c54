"""Where fully managed recovery points are kept: objects in S3 that several executors write at once."""
