"""Arrows between modules point downward only: checked in fresh processes."""

import subprocess
import sys

BLOCK = "import sys; sys.modules.update(dict.fromkeys({blocked!r})); "


def run(code: str, *, blocked: tuple[str, ...] = ()) -> str:
    """RETURNS: what the code printed, in a process that cannot import the modules that are blocked."""
    command = [sys.executable, "-c", BLOCK.format(blocked=blocked) + code]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_package_imports_neither_torch_nor_spacy():
    code = "import spacy_elmo; print([name for name in ('torch', 'spacy', 'thinc') if name in sys.modules])"
    assert run(code) == "[]\n"


COMPUTE = """
import tempfile
from spacy_elmo.bilm import BiLM, BiLMConfig, CharacterInput
from spacy_elmo.bilm.inference.encoder import Encoder
from spacy_elmo.formats import model_directory
model = BiLM(BiLMConfig(CharacterInput(4, ((1, 4),), 1), hidden_size=8, projection_size=4)).eval()
with tempfile.TemporaryDirectory() as folder:
    model_directory.write(folder, model, {})
    model = model_directory.read(folder).model
    print(model([["a", "b"]])[0][0].shape, Encoder(model).encode([["a", "b"]]).shape)
"""


def test_the_bilm_computes_without_spacy_thinc_and_srsly():
    assert run(COMPUTE, blocked=("spacy", "thinc", "srsly")) == "torch.Size([3, 2, 8]) (3, 2, 8)\n"


def test_published_formats_need_no_spacy():
    run("import spacy_elmo.formats.allennlp", blocked=("spacy", "thinc"))
