"""What every service stands on: MongoDB, Kafka, HTTP, telemetry. Knows nothing of the domain."""
