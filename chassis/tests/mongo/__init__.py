"""Aggregates, relay and projections, on a real MongoDB where it matters."""
