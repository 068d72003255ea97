"""Sphinx's configuration of the site; ``python -m tools.site`` uses it on the staged pages."""

from tools import npm
from tools.site.pages import ROOT

project = "Neural Networks by Hand"
author = "The authors of Neural Networks by Hand"
language = "en-GB"
root_doc = "index"
extensions = ["myst_nb", "sphinx.ext.mathjax", "sphinx.ext.githubpages"]
templates_path = ["templates"]
smartquotes = False
highlight_language = "text"

# Notebooks are shown with the outputs that are stored in them; their widgets are pictures.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 4  # links to sections are those that GitHub makes

html_theme = "furo"
html_title = project
html_favicon = "static/icon.svg"
html_static_path = [
    "static",
    str(npm.fetch("mathjax") / "es5"),
    str(ROOT / "reference" / "print.css"),
]
html_css_files = ["course.css", "print.css"]
html_js_files = ["course.js"]
html_use_index = False
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072B2", "color-brand-content": "#0067A0"},
    "dark_css_variables": {"color-brand-primary": "#56B4E9", "color-brand-content": "#7CC4EE"},
}

# One file that draws every formula and asks for no other, also not for its menu.
mathjax_path = "tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}}
