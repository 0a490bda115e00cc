"""Counts and medians of an area, without persons."""
