"""The bidirectional language model, in torch alone."""

from .config import BiLMConfig, CharacterInput, ConfigError, LexiconInput, WordInput
from .model import BiLM, State

__all__ = ["BiLM", "BiLMConfig", "CharacterInput", "ConfigError", "LexiconInput", "State", "WordInput"]
