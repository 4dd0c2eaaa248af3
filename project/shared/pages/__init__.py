"""Reports to look at: sections as a page for a browser and as Markdown, plots, and tables within pages of the docs."""
