"""Offline decks: each notebook as slides in one HTML file, made by ``make slides``."""
