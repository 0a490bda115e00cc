"""Measurements side by side with the bare parts: `make bench`."""
