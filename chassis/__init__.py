"""What every service stands on: store, outbox, bus, traces, identity, health. No word of the police
in it."""
