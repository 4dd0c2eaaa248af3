"""Training a biLM from raw text."""
