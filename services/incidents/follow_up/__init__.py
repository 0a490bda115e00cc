"""Following a report by its number, without an account."""
