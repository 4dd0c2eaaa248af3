"""What a regression reads from the vectors of words: tags, layer by layer, model by model."""

from typing import TYPE_CHECKING

from ..util.lazy import lazy_names

if TYPE_CHECKING:
    from .corpus import Tagged
    from .probe import Probe, Score, Share
    from .report import ProbeReport, probe_models

__all__ = ["Probe", "ProbeReport", "Score", "Share", "Tagged", "probe_models"]
__getattr__ = lazy_names(
    __name__,
    {
        "Probe": ".probe",
        "ProbeReport": ".report",
        "Score": ".probe",
        "Share": ".probe",
        "Tagged": ".corpus",
        "probe_models": ".report",
    },
)
