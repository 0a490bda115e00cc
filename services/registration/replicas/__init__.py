"""Copies of other services' data, kept from their events."""
