"""Personal fields, sealed under a key for each person or matter: destroying the key makes every
copy of them unreadable. See docs/decisions/0037."""
