"""Say, before anything is downloaded, whether this Python can run the course.

Run as a script by the very first step of the set-up, so it uses no third-party
package and no syntax that an old Python cannot read.
"""

import sys

OLDEST = (3, 11)  # Keras 3.15 needs it
NEWEST = (3, 13)  # the newest one for which TensorFlow 2.21 has a build


def problem(version=None):
    """Return why this Python cannot run the course, or an empty string if it can.

    Parameters
    ----------
    version : tuple of int, optional
        Major and minor version; the running Python's by default.

    Returns
    -------
    str
        One sentence with the remedy, or ``""``.

    Examples
    --------
    >>> problem((3, 12))
    ''
    >>> problem((3, 9)).startswith("This is Python 3.9, which is too old")
    True
    """
    version = tuple(version or sys.version_info)[:2]
    if OLDEST <= version <= NEWEST:
        return ""
    return (
        "This is Python {}.{}, which is too {} for the course: TensorFlow and Keras need "
        "Python {}.{} to {}.{}. Install one of those from https://www.python.org/downloads/ "
        "and name it, for example: make lab PYTHON=python{}.{}".format(
            version[0],
            version[1],
            "old" if version < OLDEST else "new",
            OLDEST[0],
            OLDEST[1],
            NEWEST[0],
            NEWEST[1],
            NEWEST[0],
            NEWEST[1],
        )
    )


if __name__ == "__main__":
    sys.exit(problem() or None)
