"""Checks of the notebooks: structure, stored outputs, exercises; and what executes them."""
