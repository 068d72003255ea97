"""Build what is made from the notebooks. Nobody who takes the course needs this folder."""
