"""`python -m spacy_elmo`: one word in several senses."""

from .search.show import app

if __name__ == "__main__":
    app(prog_name="python -m spacy_elmo")
