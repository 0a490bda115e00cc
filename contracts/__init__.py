"""What services tell each other: events, topics, words, areas, roles and the text catalogue.
Depends on nothing."""
