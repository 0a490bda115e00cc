"""A report's state machine: filing, decisions, call-outs, deadlines, access. Pure."""
