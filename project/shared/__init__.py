"""What several projects need: folders, arguments of steps, assets, annotated text, and how pipelines are trained."""
