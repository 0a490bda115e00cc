"""The process of a service: its watchdog, and what it does when servers are slow or stopped."""
