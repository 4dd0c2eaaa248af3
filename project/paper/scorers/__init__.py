"""How the tasks are scored: functions of what was annotated and predicted, and spaCy's scorers that call them."""
