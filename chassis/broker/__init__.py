"""The broker: how it is reached, and the topics on it."""
