"""Dimensions of any small biLM, for tests by hypothesis."""

from hypothesis import strategies as st

from spacy_elmo.bilm import BiLMConfig, CharacterInput, WordInput
from spacy_elmo.bilm.characters import BOS, EOS, UNK
from spacy_elmo.bilm.config import ACTIVATIONS

CLIPS = st.none() | st.floats(0.1, 5)


@st.composite
def configs(draw: st.DrawFn) -> BiLMConfig:
    """Draw characters or a table of words, with and without each projection."""
    width = draw(st.integers(1, 5))
    cells = draw(st.just(width) | st.integers(1, 6))
    return BiLMConfig(
        input=draw(_characters(width) | st.builds(WordInput, st.integers(3, 7))),
        hidden_size=cells,
        projection_size=width,
        n_layers=draw(st.integers(1, 3)),
        cell_clip=draw(CLIPS),
        projection_clip=draw(CLIPS),
        skip_connections=draw(st.booleans()),
        lstm_projection=cells != width or draw(st.booleans()),
    )


def vocabulary(config: BiLMConfig) -> tuple[str, ...]:
    """Return as many words as the table of a configuration has rows."""
    if isinstance(config.input, CharacterInput):
        return ()
    return (BOS, EOS, UNK, *(f"w{i}" for i in range(config.input.n_words - 3)))


@st.composite
def _characters(draw: st.DrawFn, width: int) -> CharacterInput:
    filters = draw(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=3))
    return CharacterInput(
        embedding_size=draw(st.integers(1, 4)),
        filters=tuple(filters),
        n_highway=draw(st.integers(0, 2)),
        activation=draw(st.sampled_from(ACTIVATIONS)),
        max_characters=draw(st.integers(4, 60)),
        projection=sum(n for _, n in filters) != width or draw(st.booleans()),
    )
