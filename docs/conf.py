"""Settings of the documentation build; `make docs` runs it with warnings as errors."""

from rundbrief import __version__

project = "rundbrief"
author = "The rundbrief founders"
version = release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"rundbrief {__version__}"
html_show_copyright = False
html_show_sphinx = False
exclude_patterns = ["_build", "examples"]
