"""Pipelines that projects train and score: processes that are measured, and scores."""
