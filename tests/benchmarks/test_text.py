from pathlib import Path

from benchmarks.text import MAX_WORDS, count_words, read_sentences


def test_sentences_end_at_marks_and_at_lines(tmp_path: Path):
    (tmp_path / "text.txt").write_text("A b, c. D e!\nF", encoding="utf8")
    assert read_sentences([tmp_path / "text.txt"]) == [["A", "b", ",", "c", "."], ["D", "e", "!"], ["F"]]


def test_long_sentences_are_cut(tmp_path: Path):
    (tmp_path / "text.txt").write_text("a " * (MAX_WORDS + 1), encoding="utf8")
    assert [len(sentence) for sentence in read_sentences([tmp_path / "text.txt"])] == [MAX_WORDS, 1]


def test_files_are_read_in_order(tmp_path: Path):
    for name in ("b", "a"):
        (tmp_path / name).write_text(name, encoding="utf8")
    assert read_sentences([tmp_path / "b", tmp_path / "a"]) == [["b"], ["a"]]


def test_words_are_counted_over_sentences():
    assert count_words([["a", "b"], [], ["c"]]) == 3
