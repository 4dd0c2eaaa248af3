"""Pipelines on disk, as bytes, and in other processes."""

import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
import spacy
from spacy.tokens import DocBin

from spacy_elmo.formats import WeightsError, model_directory

TEXT = "A bank, and another bank. It rains!"
TOLERANCE = 1e-6  # mapped tensors are aligned differently, and products may round differently


def run(*args):
    """Run a command of this Python; a hang is a failure."""
    result = subprocess.run([sys.executable, *map(str, args)], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def same_vectors(one, two):
    return np.allclose(one(TEXT)._.elmo_layers, two(TEXT)._.elmo_layers, atol=TOLERANCE)


def test_disk(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    assert same_vectors(spacy.load(tmp_path), nlp)


def test_the_folder_of_the_pipe_is_a_model_directory(nlp, tiny_model, tmp_path):
    nlp.to_disk(tmp_path)
    meta = model_directory.read(tmp_path / "elmo").meta
    assert meta == model_directory.read(tiny_model).meta


def test_a_saved_pipeline_can_be_saved_over_itself(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    again.to_disk(tmp_path)
    assert same_vectors(again, nlp)
    assert same_vectors(spacy.load(tmp_path), nlp)


LOAD = """
import sys
import numpy as np, spacy
doc = spacy.load(sys.argv[1])(sys.argv[2])
assert np.allclose(doc._.elmo_layers, np.load(sys.argv[3]), atol=1e-6)
"""


def test_a_fresh_process_loads_without_the_source_weights(tiny_model, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(tiny_model, source)
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(source)})
    np.save(tmp_path / "layers.npy", nlp(TEXT)._.elmo_layers)
    nlp.to_disk(tmp_path / "saved")
    shutil.rmtree(source)
    run("-c", LOAD, tmp_path / "saved", TEXT, tmp_path / "layers.npy")


def test_settings_of_the_config_override_what_was_saved(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    top = spacy.load(tmp_path, config={"components.elmo.mix": "top"})
    doc = top(TEXT)
    assert np.array_equal(doc._.elmo, doc._.elmo_layers[2])


def test_a_pipeline_without_its_weights_says_which_file_is_missing(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    (tmp_path / "elmo" / "weights.safetensors").unlink()
    with pytest.raises(WeightsError, match="weights.safetensors"):
        spacy.load(tmp_path)


def test_bytes(nlp, tmp_path):
    again = spacy.blank("en")
    again.add_pipe("elmo", config={"pretrained": str(tmp_path / "missing" / "weights.hdf5")})
    again.from_bytes(nlp.to_bytes())
    assert same_vectors(again, nlp)
    assert again.get_pipe("elmo").meta == nlp.get_pipe("elmo").meta


def test_bytes_replace_weights_that_were_used(nlp, tiny_model):
    other = spacy.blank("en")
    pipe = other.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    other(TEXT)
    pipe.shim.model.requires_grad_(False)
    for parameter in pipe.shim.model.parameters():
        parameter.mul_(0.5)
    assert not same_vectors(other, nlp)
    other.from_bytes(nlp.to_bytes())
    assert same_vectors(other, nlp)


def test_pickle(nlp):
    pipe = pickle.loads(pickle.dumps(nlp.get_pipe("elmo")))
    assert np.allclose(pipe(nlp.make_doc(TEXT))._.elmo_layers, nlp(TEXT)._.elmo_layers, atol=TOLERANCE)


def test_pickle_of_a_pipe_that_has_not_loaded_yet(nlp):
    pipe = pickle.loads(pickle.dumps(nlp.get_pipe("elmo")))
    assert not pipe.shim.is_loaded
    assert pipe(nlp.make_doc(TEXT))._.elmo.shape[1] == 8


def test_a_pipe_from_another_pipeline(nlp):
    nlp(TEXT)
    target = spacy.blank("en")
    target.add_pipe("elmo", source=nlp)
    assert same_vectors(target, nlp)


PROCESSES = """
import multiprocessing, sys
import numpy as np, spacy
from spacy_elmo.tokens.hooks import set_hooks

if __name__ == "__main__":
    method, path = sys.argv[1:3]
    multiprocessing.set_start_method(method)
    nlp = spacy.load(path)
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "SIZE", "pattern": "two sentences"}])
    nlp.add_pipe("merge_entities")
    texts = [f"Text {i} of some. It has  two sentences, {i} words." for i in range(40)]
    alone = [nlp(text) for text in texts]  # the parent has used its threads
    docs = list(nlp.pipe(texts, n_process=2, batch_size=8))
    assert [doc.text for doc in docs] == texts
    for one, two in zip(alone, docs):
        assert np.allclose(one._.elmo_layers, two._.elmo_layers, atol=1e-5)
        assert not two.user_hooks
        for part in (slice(None), slice(5, 9)):  # by way of the tensor; "two sentences" is one token
            assert np.allclose(one[part].vector, two[part].vector, atol=1e-5)
        assert np.allclose(one.vector, two.vector, atol=1e-5)
        assert np.allclose([a.vector for a in one], [b.vector for b in two], atol=1e-5)
        set_hooks(two)
        assert np.isclose(one.similarity(two), 1.0)
    print("as alone")
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_two_processes(nlp, tmp_path, method):
    nlp.to_disk(tmp_path / "saved")
    script = tmp_path / "processes.py"
    script.write_text(PROCESSES)
    assert "as alone" in run(script, method, tmp_path / "saved")


# spaCy's commands


def test_apply(nlp, tmp_path):
    nlp.to_disk(tmp_path / "saved")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text(TEXT)
    run("-m", "spacy", "apply", tmp_path / "saved", tmp_path / "texts", tmp_path / "out.spacy")
    (doc,) = DocBin().from_disk(tmp_path / "out.spacy").get_docs(nlp.vocab)
    assert np.allclose(doc._.elmo_layers, nlp(TEXT)._.elmo_layers, atol=TOLERANCE)


def test_assemble(nlp, tiny_model, tmp_path):
    nlp.config.to_disk(tmp_path / "config.cfg")
    run("-m", "spacy", "assemble", tmp_path / "config.cfg", tmp_path / "out")
    assert same_vectors(spacy.load(tmp_path / "out"), nlp)


def test_assemble_with_weights_of_the_initialize_block(nlp, tiny_model, tmp_path):
    config = nlp.config
    config["components"]["elmo"]["pretrained"] = None
    config["initialize"]["components"]["elmo"] = {"pretrained": str(tiny_model)}
    config.to_disk(tmp_path / "config.cfg")
    run("-m", "spacy", "assemble", tmp_path / "config.cfg", tmp_path / "out")
    assert same_vectors(spacy.load(tmp_path / "out"), nlp)


def test_package(nlp, tmp_path):
    nlp.to_disk(tmp_path / "saved")
    command = ["--name", "elmo_test", "--version", "0.0.1", "--build", "none"]
    run("-m", "spacy", "package", tmp_path / "saved", tmp_path, *command)
    folder = tmp_path / "en_elmo_test-0.0.1"
    assert "spacy-elmo" in (folder / "meta.json").read_text(encoding="utf8")
    shutil.copy(folder / "meta.json", folder / "en_elmo_test")  # as the setup.py of the package does
    script = "import sys; sys.path.insert(0, sys.argv[1]); import en_elmo_test as m; print(m.load()('a')._.elmo.shape)"
    assert "(1, 8)" in run("-c", script, folder)


def test_the_licence_of_a_model_goes_into_its_package(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo")
    nlp.to_disk(tmp_path)
    assert "CC BY-SA 4.0" in (tmp_path / "elmo" / "LICENSE").read_text(encoding="utf8")


def test_half_precision_stays_half_on_disk(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo")
    nlp.to_disk(tmp_path)
    assert model_directory.stored_dtype(tmp_path / "elmo") == "float16"
    again = spacy.load(tmp_path)
    assert np.array_equal(again(TEXT)._.elmo_layers, nlp(TEXT)._.elmo_layers)


def test_single_precision_stays_single_on_disk(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    assert model_directory.stored_dtype(tmp_path / "elmo") == "float32"


def test_another_pretrained_has_no_effect_on_a_saved_pipeline_which_is_said(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    with pytest.warns(UserWarning, match="pretrained = './others' has no effect .* loaded.*initialize"):
        again = spacy.load(tmp_path, config={"components.elmo.pretrained": "./others"})
    assert same_vectors(again, nlp)


def test_the_same_pretrained_is_loaded_without_a_word(nlp, tmp_path, recwarn):
    nlp.to_disk(tmp_path)
    spacy.load(tmp_path)
    assert [str(warning.message) for warning in recwarn if "pretrained" in str(warning.message)] == []


def test_the_weights_of_a_saved_pipeline_can_be_changed(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    again.get_pipe("elmo").initialize(lambda: [], pretrained="en_elmo_sm")
    assert again(TEXT)._.elmo_layers.shape[2] == 256
