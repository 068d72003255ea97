"""The static site: every notebook with its stored outputs, the reference and instructor pages.

``python -m tools.site`` (``make site``) builds it into ``build/site``. The pages are made from the
files where they are; nothing is executed and no text stands twice.
"""
