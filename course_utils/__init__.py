"""What the notebooks of *Neural Networks by Hand* share.

Importing this package imports nothing heavy: each module is asked for by name,
for example ``from course_utils import datasets, plots``.
"""

__version__ = "0.1.0"
