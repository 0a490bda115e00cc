"""How often things may be done."""
