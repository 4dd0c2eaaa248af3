"""Files of the tasks, as Docs."""
