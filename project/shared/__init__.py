"""What several projects need: folders, arguments of steps, assets, annotated text, trained pipelines, results and wheels."""
