"""The steps of project.yml.

They run in the project's folder, as `python -m scripts.NAME`; `project.shared` is found from the repository, and
imported before anything else.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))

import project.shared  # noqa: F401
