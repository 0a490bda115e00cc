"""Routes, problems, tokens and paging."""
