"""Binder without Docker: its server, its limits, and the steps that build its image."""
