"""Which category a report belongs to, who answers it and how many people it needs. Knows no report:
only a text and what was said with it."""
