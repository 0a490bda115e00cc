"""What services share: events, topics, vocabularies, permissions and the text catalogue. Depends on
`jinan` only."""
