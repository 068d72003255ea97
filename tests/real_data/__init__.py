"""Accuracy bands, per copy of the data."""
