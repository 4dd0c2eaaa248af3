"""The devices that training is tested on."""

from __future__ import annotations

import pytest
import torch

NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA GPU here")
CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)
devices = pytest.mark.parametrize("device", [CPU, pytest.param(CUDA, marks=NO_GPU)], ids=str)
