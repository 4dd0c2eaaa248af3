"""What every other room stands on: files, threads, types. Knows no spaCy."""
