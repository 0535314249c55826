"""Sphinx: `nox -s docs` builds these pages into build/docs, and a broken link is an error."""

from enrich import __version__

project = "enrich"
author = "The enrich authors"
copyright = "2026, the enrich authors"
version = release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
# Links may lead to a heading, as on GitHub: [quiet runs](cron.md#quiet-runs).
myst_heading_anchors = 3

html_theme = "furo"
html_title = "enrich"
html_static_path: list[str] = []
# The pages need no other server: no fonts, scripts or pictures from elsewhere.
html_show_sphinx = False
