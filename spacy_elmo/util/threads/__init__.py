"""Work in several threads, and work that settings of threads must not change."""

from .both import CPU, available_threads, inference_mode, run_both, without_settings

__all__ = ["CPU", "available_threads", "inference_mode", "run_both", "without_settings"]
