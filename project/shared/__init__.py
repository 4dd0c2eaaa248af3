"""What several projects need: folders, arguments of steps, assets, annotated text, pipelines, results and wheels."""
