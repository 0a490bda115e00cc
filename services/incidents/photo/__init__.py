"""Photos of reports: sanitized on upload, deleted after a day unless a report claims them."""
