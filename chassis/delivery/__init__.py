"""Applying messages: attempts, keys that are parked, dead letters."""
