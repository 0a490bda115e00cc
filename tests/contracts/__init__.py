"""What services owe each other: the form on the wire, nothing personal in it, and readers for what
is published."""
