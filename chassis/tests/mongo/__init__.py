"""Aggregates and projections in a real MongoDB."""
