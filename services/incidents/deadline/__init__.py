"""What happens to a report when time passes, or a watch changes hands."""
