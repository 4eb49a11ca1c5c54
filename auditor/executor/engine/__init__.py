"""The engine: due rules become jobs, jobs become recovery points, recovery points expire."""
