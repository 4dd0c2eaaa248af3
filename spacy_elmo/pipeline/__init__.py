"""The component, and configs to train with it."""
