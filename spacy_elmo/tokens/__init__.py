"""What a Doc carries of ELMo."""
