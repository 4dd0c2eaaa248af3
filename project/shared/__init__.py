"""What several projects need: the folders of a project, arguments of steps, and what is brought into `assets/`."""
