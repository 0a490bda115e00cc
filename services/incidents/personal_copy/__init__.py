"""A person's copy of what incidents knows of them."""
