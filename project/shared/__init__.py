"""What several projects need: folders, arguments of steps, assets, corpora, pipelines, results, reports and wheels."""
