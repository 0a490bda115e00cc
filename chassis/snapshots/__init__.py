"""Replicas that are built from nothing, and the snapshots that they are built from."""
