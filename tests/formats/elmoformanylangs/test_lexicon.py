import pytest

from spacy_elmo.formats import WeightsError
from spacy_elmo.formats.elmoformanylangs.lexicon import parse_lexicon


def parse(text: str) -> tuple[str, ...]:
    return parse_lexicon(text, needed=("<oov>",), source="word.dic")


def test_entries_are_in_the_order_of_their_numbers():
    assert parse("b\t2\n<oov>\t0\na\t1\n") == ("<oov>", "a", "b")


def test_a_word_may_have_spaces_and_any_characters_but_line_ends():
    text = "<oov>\t0\nH\u1ed9i An\t1\nx\u2028y\t2\n\U0001d518\t3"
    assert parse(text) == ("<oov>", "H\u1ed9i An", "x\u2028y", "\U0001d518")


@pytest.mark.parametrize("line", ["\u3000\t1", "\t1", "1", "\u2003\t1"])
def test_white_space_alone_is_the_space_of_these_models(line: str):
    assert parse(f"<oov>\t0\n{line}\n") == ("<oov>", "\u3000")


def test_lines_may_end_as_windows_has_them():
    assert parse("<oov>\t0\r\na\t1\r\n") == ("<oov>", "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "word.dic: <oov> missing"),
        ("a\t0\n", "word.dic: <oov> missing"),
        ("<oov>\t0\na\n", "word.dic:2: 'a': must be an entry, a tab and a number"),
        ("<oov>\t0\n\na\t1\n", "word.dic:2: '': must be"),
        ("<oov>\t0\na\t1\t2\n", "word.dic:2: 'a\\\\t1\\\\t2': must be"),
        ("<oov>\t0\na\t-1\n", "word.dic:2: .*must be"),
        ("<oov>\t0\na\t\u0661\n", "word.dic:2: .*must be"),
        ("<oov>\t0\na\t1.0\n", "word.dic:2: .*must be"),
        ("<oov>\t0\na\t" + "9" * 5000, "word.dic:2: .*must be"),
        ("<oov>\t0\na\rb\t1\n", "word.dic:2: .*must be"),
        ("<oov>\t0\na\t1\na\t2\n", "word.dic:3: the entry 'a' is on line 2 already"),
        ("<oov>\t0\na\t1\nb\t1\n", "word.dic:3: the number 1 is on line 2 already"),
        ("<oov>\t0\n\u3000\t1\n\u2003\t2\n", "word.dic:3: the entry '\\\\u3000' is on line 2 already"),
        ("<oov>\t0\na\t2\n", "word.dic:2: the number 2: 2 entries must be numbered from 0 to 1"),
        ("<oov>\t999999999\n", "word.dic:1: the number 999999999: 1 entries"),
    ],
)
def test_what_is_no_lexicon_is_refused_with_its_line(text: str, message: str):
    with pytest.raises(WeightsError, match=f"^{message}"):
        parse(text)
