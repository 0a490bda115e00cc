"""FastStream with faststream-outbox: the same path with an outbox table in PostgreSQL."""
