"""A service's OpenAPI document as its clients need it, derived from its routes."""
