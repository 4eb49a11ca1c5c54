"""The measurements of `make bench`: what a run costs, and against what; see docs/performance.md."""
