"""Names for NumPy arrays by kind and rank. The shape stands in the docstring of the function that has one."""

from typing import TypeAlias

import numpy as np

Bools1d: TypeAlias = np.ndarray
Ints1d: TypeAlias = np.ndarray
Ints2d: TypeAlias = np.ndarray
Ints3d: TypeAlias = np.ndarray
IntsXd: TypeAlias = np.ndarray
Floats1d: TypeAlias = np.ndarray
Floats2d: TypeAlias = np.ndarray
Floats3d: TypeAlias = np.ndarray
