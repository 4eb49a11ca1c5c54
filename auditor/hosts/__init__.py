"""Where a check is read: a comment of GitHub, a note of GitLab, the result of a run task of HCP Terraform."""
