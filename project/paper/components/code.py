"""What `spacy train --code components/code.py` imports, so that configs find components, readers and scorers by name.

`project.paper` is found from the repository.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))

from project.paper.components import ner_crf, srl  # noqa: F401
