import torch

from spacy_elmo.pretraining.config import make_config
from spacy_elmo.pretraining.speed import measure_speed


def test_steps_are_timed_with_the_threads_of_the_run():
    config = make_config(size="tiny", words=3000, lang="en")
    config["system"]["threads"] = 1
    config["nlp"]["tokenizer"] = "./nowhere"  # the text of the run is not read
    before = torch.get_num_threads()
    assert measure_speed(config, seconds=0, words=3000) > 0
    assert torch.get_num_threads() == before
