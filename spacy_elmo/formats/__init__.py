"""Weights as other programs publish them."""
