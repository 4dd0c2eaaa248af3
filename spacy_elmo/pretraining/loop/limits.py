"""Where a run ends."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Limits:
    """Where a run ends: at the first of these that it reaches; None for no such limit.

    Attributes:
        steps: Updates.
        epochs: Times through the text.
        words: Tokens predicted, in each direction.
        seconds: Time spent in training, interruptions not counted.

    Raises:
        ValueError: There is no limit, or one is not above 0.
    """

    steps: int | None = None
    epochs: int | None = None
    words: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        given = {key: value for key, value in asdict(self).items() if value is not None}
        for key, value in given.items():
            if value <= 0:
                raise ValueError(f"max_{key} = {value}: must be above 0, or null for no such limit")
        if not given:
            raise ValueError("a run needs an end: set max_steps, max_epochs, max_words or max_seconds")

    def done(self, **reached: float) -> float:
        """Return the share of the run that is done, 1 or more at its end.

        Args:
            **reached: How much of each limit is reached.
        """
        limits = asdict(self)
        return max(value / limits[key] for key, value in reached.items() if limits[key])
