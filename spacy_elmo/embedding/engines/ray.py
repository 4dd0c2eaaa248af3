"""A Ray cluster. The numbers of shards go through it, and nothing else: all machines see the folder of the job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..shard import ShardWorker
from .local import MOST_LOSSES

THREADS = 2  # of an actor: one a direction


def check() -> None:
    """Raise ImportError where what this needs is not installed."""
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise ImportError('--engine ray needs Ray: pip install "spacy-elmo[ray]"') from error


def run_ray(folder: Path, numbers: Sequence[int], *, n_process: int | None, address: str | None) -> Iterator[int]:
    """Do shards, and yield their numbers as they are done. An actor that is lost costs its shard, which is done again.

    Args:
        folder: The folder of the job, which every machine sees under this path, as it sees the model.
        numbers: Which shards.
        n_process: How many actors; None for as many as the cluster has room for, with two cores each.
        address: Of a running cluster; None starts one on this machine, which ends with this call.

    Raises:
        ConnectionError: There is no cluster at the address, or none can be started.
    """
    import ray
    from ray.util import ActorPool

    is_ours = not ray.is_initialized()
    if is_ours:
        try:
            ray.init(address or "local", log_to_driver=False)
        except (OSError, RuntimeError, ValueError) as error:
            where = f"no Ray cluster can be reached at {address}" if address else "Ray does not start here"
            raise ConnectionError(f"{where} ({str(error).splitlines()[0]}); what is done is kept") from error
    try:
        cores = int(ray.cluster_resources().get("CPU", 1))
        n_process = min(n_process or max(1, cores // THREADS), len(numbers))
        threads = max(1, min(THREADS, cores // n_process))
        room = min(threads, cores / n_process)
        actor: Any = ray.remote(max_restarts=-1, max_task_retries=MOST_LOSSES, num_cpus=room)(ShardWorker)
        pool: Any = ActorPool([actor.remote(str(folder.resolve()), threads) for _ in range(n_process)])
        yield from pool.map_unordered(lambda worker, number: worker.__call__.remote(number), numbers)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None  # without the other machine's traceback
    finally:
        if is_ours:
            ray.shutdown()
