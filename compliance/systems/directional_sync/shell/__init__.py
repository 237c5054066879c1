"""Follows scripts of bash without running them, to tell which commands of a workflow run at a given time."""
