"""Copies of one's own data."""
