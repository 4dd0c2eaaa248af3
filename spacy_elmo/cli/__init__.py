"""`python -m spacy elmo`: commands for ELMo weights. spaCy imports this at its start, so torch waits for a command."""

import typer
from spacy.cli._util import app as spacy_app

from .benchmark import benchmark
from .common import Commands
from .convert import convert
from .embed import embed
from .export import export
from .info import info
from .init_config import init_config
from .mix import mix
from .package import package
from .pretraining import init_pretrain_config, perplexity, pretrain
from .published import download, models
from .senses import senses
from .words import index, neighbors, predict, probe, static

__all__ = ["app"]

app = typer.Typer(name="elmo", cls=Commands, help="Commands for ELMo weights.", no_args_is_help=True)
for command in (info, convert, export, package, embed, init_config, mix, benchmark, senses):
    app.command()(command)
for training_command in (init_pretrain_config, perplexity):
    app.command()(training_command)
for words_command in (index, neighbors, predict, probe, static):
    app.command()(words_command)
app.command()(models)
app.command()(download)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(pretrain)  # of the config
spacy_app.add_typer(app)
