"""What a report can be about, for those who file one."""
