"""The relay, its lease and what it has published."""
