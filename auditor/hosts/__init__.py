"""Where a check is read: the comment on a pull request of GitHub, the note on a merge request of GitLab."""
