"""What stands before a service's routes: limits, who asks, the short way."""
