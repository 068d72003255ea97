"""Scripts that print the tables quoted in the documents (``python -m benchmarks.<name>``)."""
