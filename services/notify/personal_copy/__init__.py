"""A person's copy of what notify knows of them."""
