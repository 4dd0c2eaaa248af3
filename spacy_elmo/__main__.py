"""`python -m spacy_elmo`: one word in several senses."""

from .cli.common import any_output
from .search.show import app

if __name__ == "__main__":
    with any_output():
        app(prog_name="python -m spacy_elmo")
