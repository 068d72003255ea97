"""What all tests share."""

import matplotlib

# Objects made to misbehave, also when a search for doctests looks at them.
collect_ignore = ["garbage.py"]

# No window opens during the tests; the kernels of notebooks choose their own backend.
matplotlib.use("agg")
