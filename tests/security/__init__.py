"""Strangers, forged tokens, bad input: what nobody may do or read."""
