"""From an aggregate's document to the topic: the transactional outbox."""
