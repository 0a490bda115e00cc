"""What tests of every kind share: the platform, clients, waiting for a condition."""
