"""Checks and documents made from the contracts; nothing here runs in a service."""
