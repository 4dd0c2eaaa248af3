"""The biLM and its softmax with gradients written by hand."""
