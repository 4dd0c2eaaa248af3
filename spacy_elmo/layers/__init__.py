"""ELMo as Thinc layers."""
