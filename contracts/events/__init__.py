"""The events that each service publishes."""
