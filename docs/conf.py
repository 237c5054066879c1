"""The documentation: built by Sphinx from Markdown, offline.

`make docs` builds it. What its pages say of rules, commands and policy comes from the code (`_ext/reference.py`).
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(Path(__file__).parents[1])]

project = "DOT compliance"
author = "the maintainers"
project_copyright = author
extensions = ["myst_parser", "reference"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist", "attrs_block"]
myst_heading_anchors = 3
nitpicky = True
# No intersphinx: it would ask other hosts.
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_permalinks = True
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
