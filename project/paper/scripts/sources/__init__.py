"""Where texts come from: annotated ones, and what static vectors are made of."""
