"""The HTTP server of a service: application, limits of each request, shutdown."""
