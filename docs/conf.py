"""Sphinx configuration."""

project = "audioml"
author = "The audioml authors"
release = "0.1.0"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = True
intersphinx_mapping = {}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "audioml"
# cross-references into numpy's and the standard library's inventories need a network
nitpicky = False
suppress_warnings = ["ref.python"]
