"""Training a biLM from raw text. The corpus, the network and the loop know no spaCy; the modules beside them do."""

from typing import TYPE_CHECKING

from ..util.lazy import lazy_names

if TYPE_CHECKING:
    from .config import make_config, read_config
    from .evaluate import measure_files
    from .plan import Plan, plan_run
    from .pretrain import pretrain_model

__all__ = ["Plan", "make_config", "measure_files", "plan_run", "pretrain_model", "read_config"]
__getattr__ = lazy_names(
    __name__,
    {
        "Plan": ".plan",
        "make_config": ".config",
        "measure_files": ".evaluate",
        "plan_run": ".plan",
        "pretrain_model": ".pretrain",
        "read_config": ".config",
    },
)
