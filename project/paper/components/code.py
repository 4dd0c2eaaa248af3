"""What `spacy train --code components/code.py` imports, so that configs find components, readers and scorers by name.

`project.paper` is found from the repository.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))

from project.paper.components import (  # noqa: F401
    answer_span,
    bcn,
    coref,
    esim,
    ner_crf,
    srl,
    systems,
    transformer_embed,
)
from project.paper.readers import corpus  # noqa: F401
