from benchmarks import roofline
from spacy_elmo.bilm import BiLMConfig, CharacterInput
from spacy_elmo.bilm.inference.lstm import BLOCK_ROWS

CONFIG = BiLMConfig(CharacterInput(4, ((1, 3), (2, 5)), n_highway=1), hidden_size=8, projection_size=6)


def test_characters_are_counted_once_a_distinct_word():
    once, again = (roofline.products(CONFIG, [["ab"] * n]) for n in (1, 3))
    for shape in [(3, 4), (5, 8), (8, 8)]:  # two filters, highway
        counts = [sum(n for (*key, _), n in found.items() if (*key,) == shape) for found in (once, again)]
        assert counts[0] == counts[1] > 0


def test_each_word_takes_a_step_in_each_layer_and_direction():
    found = roofline.products(CONFIG, [["a", "b", "c"]])
    assert found[32, 6, 1] == 3 * 2 * CONFIG.n_layers
    assert found[6, 8, 1] == 3 * 2 * CONFIG.n_layers


def test_products_of_many_rows_are_blocks():
    found = roofline.products(CONFIG, [[f"w{i}" for i in range(BLOCK_ROWS + 1)]])
    assert found[6, 8, BLOCK_ROWS] > 0


def test_operations_are_multiplications_and_additions():
    assert roofline.flops(roofline.Products({(2, 3, 4): 5})) == 2 * 2 * 3 * 4 * 5


def test_products_take_time():
    assert roofline.seconds(roofline.Products({(2, 3, 4): 5})) > 0


def test_a_step_of_one_sentence_reads_all_recurrent_weights():
    assert roofline.bytes_per_word(CONFIG) == 2 * 2 * 4 * (4 * 8 * 6 + 8 * 6)


def test_the_best_time_is_that_of_the_fastest_call():
    calls = []
    assert 0 <= roofline.best_time(lambda: calls.append(1), 3) < 1
    assert len(calls) == 3
