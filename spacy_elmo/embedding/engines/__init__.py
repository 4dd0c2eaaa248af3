"""Who does the shards of a job."""

from __future__ import annotations

from .local import count_cores, default_processes, run_local

__all__ = ["count_cores", "default_processes", "run_local"]
