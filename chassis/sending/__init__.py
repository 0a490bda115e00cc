"""Sending events to the broker: what each partition takes, and what it refuses."""
