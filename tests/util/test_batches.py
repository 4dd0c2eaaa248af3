from spacy_elmo.util.batches import batch_by_size, take_words


def test_a_batch_is_full_when_the_next_item_would_exceed_the_maximum():
    assert list(batch_by_size(["a", "bb", "c", "dd"], 3)) == [["a", "bb"], ["c", "dd"]]


def test_a_larger_item_is_a_batch_of_its_own():
    assert list(batch_by_size(["a", "bbbbb", "c"], 3)) == [["a"], ["bbbbb"], ["c"]]


def test_a_batch_has_a_bounded_number_of_items():
    assert list(batch_by_size(["a", "b", "c"], 9, max_items=2)) == [["a", "b"], ["c"]]


def test_items_without_size_fill_no_batch():
    assert list(batch_by_size(["", "aaa", ""], 3)) == [["", "aaa", ""]]


def test_the_size_is_what_it_is_told():
    assert list(batch_by_size([2, 1, 3], 3, get_size=lambda n: n)) == [[2, 1], [3]]


def test_nothing_makes_no_batch():
    assert list(batch_by_size([], 3)) == []


def test_a_stream_is_read_no_further_than_one_item_ahead():
    read: list[str] = []
    stream = (read.append(item) or item for item in "abcdef")
    next(batch_by_size(stream, 2))
    assert read == ["a", "b", "c"]


def test_words_are_taken_from_the_start():
    assert take_words([["a", "b"], ["c", "d"]], 3) == [["a", "b"], ["c"]]


def test_words_come_again_where_they_are_too_few():
    assert take_words([["a", "b"], ["c"]], 5) == [["a", "b"], ["c"], ["a", "b"]]


def test_no_words_are_no_sentences():
    assert take_words([["a"]], 0) == []
