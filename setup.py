"""All metadata of the package; pyproject.toml configures the tools."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent


def version() -> str:
    """Read the version from the package without importing it."""
    text = (ROOT / "spacy_elmo" / "__init__.py").read_text(encoding="utf8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise RuntimeError('spacy_elmo/__init__.py: no line __version__ = "..."')
    return found.group(1)


HDF5 = ["h5py>=3.10"]
PLOT = ["matplotlib>=3.8"]
TEST = [*HDF5, *PLOT, "hypothesis>=6.90", "mypy>=1.10", "pytest>=8.0", "ruff>=0.6", "seqeval>=1.2"]

setup(
    name="spacy-elmo",
    version=version(),
    description="ELMo for spaCy: deep contextualized word vectors on a CPU",
    long_description=(ROOT / "README.md").read_text(encoding="utf8"),
    long_description_content_type="text/markdown",
    author="spacy-elmo contributors",
    license_expression="MIT",
    license_files=["LICENSE"],
    keywords=["elmo", "spacy", "bilm", "embeddings", "nlp"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Text Processing :: Linguistic",
        "Typing :: Typed",
    ],
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=["spacy_elmo", "spacy_elmo.*"]),
    package_data={"spacy_elmo": ["py.typed", "models/**"]},
    zip_safe=False,
    install_requires=[
        "numpy>=2.0,<3",
        "safetensors>=0.4.3",
        "spacy>=3.8.7,<3.9",  # the first with wheels for Python 3.13
        "srsly>=2.4.8,<4",
        "thinc>=8.3.4,<8.4",
        "torch>=2.6",  # from here on unpickling is limited to weights unless asked otherwise
        "tqdm>=4.38,<5",
        "typer>=0.9,<1",
        "wasabi>=1.1,<1.2",
    ],
    extras_require={
        "hdf5": HDF5,
        "plot": PLOT,
        "test": TEST,
        "dev": [*TEST, "build>=1.2"],
    },
    entry_points={
        "spacy_factories": ["elmo = spacy_elmo.pipeline.factory:make_elmo"],
        "spacy_architectures": [
            "spacy-elmo.BiLM.v1 = spacy_elmo.layers.bilm:build_bilm",
            "spacy-elmo.ScalarMix.v1 = spacy_elmo.layers.scalar_mix:build_scalar_mix",
            "spacy-elmo.ElmoListener.v1 = spacy_elmo.layers.listener:build_listener",
            "spacy-elmo.ElmoTok2Vec.v1 = spacy_elmo.layers.tok2vec:build_elmo_tok2vec",
            "spacy-elmo.InlineElmo.v1 = spacy_elmo.layers.inline:build_inline_elmo",
        ],
        "spacy_misc": [
            "spacy-elmo.sentences.v1 = spacy_elmo.text.sentences:configure_sentences",
            "spacy-elmo.windows.v1 = spacy_elmo.text.sentences:configure_windows",
            "spacy-elmo.docs.v1 = spacy_elmo.text.sentences:configure_docs",
            "spacy-elmo.CharacterBiLM.v1 = spacy_elmo.pretraining.pretrain:character_bilm",
            "spacy-elmo.WordBiLM.v1 = spacy_elmo.pretraining.pretrain:word_bilm",
            "spacy-elmo.FullSoftmax.v1 = spacy_elmo.pretraining.pretrain:full_softmax",
            "spacy-elmo.SampledSoftmax.v1 = spacy_elmo.pretraining.pretrain:sampled_softmax",
            "spacy-elmo.AdaptiveSoftmax.v1 = spacy_elmo.pretraining.pretrain:adaptive_softmax",
        ],
        "spacy_readers": ["spacy-elmo.Text.v1 = spacy_elmo.pretraining.pretrain:make_reader"],
        "spacy_loggers": ["spacy-elmo.PretrainLogger.v1 = spacy_elmo.pretraining.loggers:pretrain_logger"],
        "thinc_optimizers": [
            "spacy-elmo.Adam.v1 = spacy_elmo.pretraining.pretrain:adam",
            "spacy-elmo.AdamW.v1 = spacy_elmo.pretraining.pretrain:adamw",
            "spacy-elmo.Adagrad.v1 = spacy_elmo.pretraining.pretrain:adagrad",
        ],
        "thinc_schedules": [
            "spacy-elmo.constant.v1 = spacy_elmo.pretraining.pretrain:constant_rate",
            "spacy-elmo.linear.v1 = spacy_elmo.pretraining.pretrain:linear_rate",
            "spacy-elmo.cosine.v1 = spacy_elmo.pretraining.pretrain:cosine_rate",
            "spacy-elmo.inverse_sqrt.v1 = spacy_elmo.pretraining.pretrain:inverse_sqrt_rate",
        ],
        "spacy_cli": ["elmo = spacy_elmo.cli:app"],
        "spacy_elmo_models": ["en_elmo_sm = spacy_elmo.models:en_elmo_sm"],
    },
)
