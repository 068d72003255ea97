"""What all tests share."""

import matplotlib

# No window opens during the tests; the kernels of notebooks choose their own backend.
matplotlib.use("agg")
