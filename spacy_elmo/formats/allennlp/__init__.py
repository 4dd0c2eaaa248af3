"""The format of AllenNLP and bilm-tf: HDF5 weights with `options.json`, and the softmax in an HDF5 file of its own."""

from .weights import find_weights, list_files, read, recognises, write

__all__ = ["find_weights", "list_files", "read", "recognises", "write"]
