"""The checks of the course: a module per module of course_utils, and the notebooks' lanes."""
