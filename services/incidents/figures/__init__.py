"""Counts and medians of the reports of an area, without persons."""
