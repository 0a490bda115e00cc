"""Aggregates in MongoDB, each one document with its unpublished events, and the relay of those."""
