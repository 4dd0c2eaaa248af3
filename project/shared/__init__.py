"""What several projects need: the folders of a project, and what is brought into its `assets/`."""
