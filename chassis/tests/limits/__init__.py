"""Quotas: exact counts over replicas and windows."""
