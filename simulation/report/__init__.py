"""What a simulated day looks like while it runs, and its results."""
