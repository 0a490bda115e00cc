"""How the platform is put on a machine: locally, behind its gateway, in containers, and shown."""
