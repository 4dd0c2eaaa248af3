"""Files of text and of words that people bring, read as what they hold."""
