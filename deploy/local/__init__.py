"""The whole platform on real servers from the package registries, without Docker."""
