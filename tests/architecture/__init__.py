"""The rules of the house, held by tests: guards, sizes, names, texts, and what must not stand
anywhere."""
