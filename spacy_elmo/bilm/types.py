"""Names for tensors by kind and rank; the shape stands in the docstring of whoever takes or returns one."""

from typing import TypeAlias

from torch import Tensor

Ints1d: TypeAlias = Tensor
Ints2d: TypeAlias = Tensor
Floats1d: TypeAlias = Tensor
Floats2d: TypeAlias = Tensor
Floats3d: TypeAlias = Tensor
Floats4d: TypeAlias = Tensor
