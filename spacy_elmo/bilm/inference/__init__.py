"""The numbers of `BiLM`, without gradients, fast on a CPU."""
