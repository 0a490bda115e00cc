"""Consumers, lanes and dead letters, on a real broker where it matters."""
