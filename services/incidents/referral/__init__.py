"""Who has to look at a report now."""
