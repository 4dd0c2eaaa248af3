"""Layers that the models of several tasks are made of."""
