"""FastStream with faststream-outbox: the same path with an outbox table in PostgreSQL instead of
the document's own."""
