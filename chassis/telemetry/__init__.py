"""Traces, metrics and logs. None of them ever holds a value that a person gave."""
