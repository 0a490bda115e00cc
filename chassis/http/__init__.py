"""What stands between a request and a handler: limits, identity, problems, paging."""
