"""A report (警情/事项) from filing to its end: routing, states, deadlines, number, who may read
it."""
