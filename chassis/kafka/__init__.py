"""Topics, publishing, and consuming with effects that happen exactly once."""
