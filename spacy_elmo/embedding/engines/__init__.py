"""Who does the shards of a job."""

from __future__ import annotations

from . import ray
from .local import default_processes, run_local
from .ray import run_ray

__all__ = ["default_processes", "ray", "run_local", "run_ray"]
