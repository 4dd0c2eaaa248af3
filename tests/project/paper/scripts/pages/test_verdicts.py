"""What holds: by the figures."""

from project.paper.scripts.pages.figures import Runs
from project.paper.scripts.pages.verdicts import verdicts
from tests.support.paper import make_run, make_senses, make_tags, read_tables

TAGS = "Parts of speech: layer 1 knows more than layer 2"
SENSES = "Senses: layer 2 knows more than layer 1"


def find(lines=(), rows=()):
    """Return what is said of each claim."""
    found = read_tables(verdicts(Runs(list(lines)), list(rows)).markdown)["Claims"]
    return {row["the paper says"]: row["here"] for row in found}


def make_pair(task, gain):
    return [make_run(task, system, 0.5 + gain * (system == "elmo")) for system in ("tok2vec", "elmo")]


def test_layers_are_in_the_order_of_the_paper():
    found = find(rows=[*make_tags((0.8, 0.93, 0.92)), *make_senses((0.6, 0.62, 0.64))])
    assert found[TAGS] == "yes: 93.0% on layer 1, 92.0% on layer 2"
    assert found[SENSES] == "yes: 64.0% on layer 2, 62.0% on layer 1"


def test_layers_are_in_another_order():
    found = find(rows=[*make_tags((0.8, 0.92, 0.93)), *make_senses((0.6, 0.64, 0.64))])
    assert found[TAGS].partition(":")[0] == found[SENSES].partition(":")[0] == "no"


def test_a_difference_within_the_intervals_is_said_to_be_so():
    assert find(rows=make_tags((0.8, 0.921, 0.920)))[TAGS].endswith("(their intervals of 95% overlap)")


def test_tasks_where_elmo_helps_are_counted():
    claim = "With ELMo each task is better than without"
    assert find([*make_pair("srl", 0.1), *make_pair("qa", 0.1)])[claim] == "yes: in 2 of 2 tasks"
    expected = "in part: in 1 of 2 tasks; not in Questions, QAMR"
    assert find([*make_pair("srl", 0.1), *make_pair("qa", -0.1)])[claim] == expected
    assert find(make_pair("qa", 0.0))[claim] == "no: in 0 of 1 tasks"


def test_a_gain_that_is_smaller_than_seeds_differ_is_none():
    lines = [
        make_run("srl", system, score, seed=seed)
        for system, scores in (("tok2vec", (0.5, 0.5, 0.5)), ("elmo", (0.4, 0.52, 0.6)))
        for seed, score in enumerate(scores)
    ]
    claim = "With ELMo each task is better than without"
    assert find(lines)[claim] == "not clear: in 0 of 1 tasks"
    expected = "in part: in 1 of 2 tasks; by less than seeds differ in Semantic roles, PropBank"
    assert find([*lines, *make_pair("qa", 0.1)])[claim] == expected
    expected = "no: in 0 of 2 tasks; not in Questions, QAMR; by less than seeds differ in Semantic roles, PropBank"
    assert find([*lines, *make_pair("qa", -0.1)])[claim] == expected


def test_layers_and_places():
    scores = {("last", 0.001): 0.6, ("all", 1.0): 0.61, ("all", 0.001): 0.62}
    lines = [
        make_run("srl", "elmo", score, experiment=["layers"], variant={"layers": layers, "l2": l2})
        for (layers, l2), score in scores.items()
    ]
    lines += [
        make_run("srl", "elmo", 0.6, experiment=["places"], variant={"place": place})
        for place in ("input", "output", "both")
    ]
    found = find(lines)
    assert found["All layers are better than the last one alone"] == "yes: in 1 of 1 tasks"
    assert found["ELMo before the encoder is better than behind it"] == "no: in 0 of 1 tasks"


def test_weights_of_layers():
    mixes = {"srl": [0.2, 0.5, 0.3], "qa": [0.2, 0.3, 0.5]}
    lines = [
        make_run(task, "elmo", mixes=[{"component": "a", "place": "input", "weights": weights, "gamma": 1.0}])
        for task, weights in mixes.items()
    ]
    found = find(lines)["Before the encoder, tasks take most from layer 1"]
    assert found == "in part: in 1 of 2 tasks; not in Questions, QAMR"


def test_training_data():
    lines = [make_run("tagging", "tok2vec", 0.9, experiment=["shares"])]
    lines += [make_run("tagging", "elmo", score, experiment=["shares"], share=score - 0.8) for score in (0.85, 0.9)]
    (found,) = find(lines).values()
    assert found == "yes: in 1 of 1 tasks; Parts of speech, EWT: 10% of the data are as good as 100% without ELMo"


def test_nothing_to_say():
    assert verdicts(Runs([]), []) is None
