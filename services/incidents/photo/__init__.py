"""Photos to reports: checked by their bytes, without metadata, gone unless a report takes them."""
