"""Clients of Valkey."""
