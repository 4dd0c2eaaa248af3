"""The encoding of a file, by its bytes and by the text of the treebank."""

import io
from pathlib import Path

import pytest

from project.language.scripts.cleaning.alphabet import Alphabet
from project.language.scripts.cleaning.encodings import CHUNK, decode, find_encoding

SAMPLES = Path(__file__).parents[4] / "project" / "language" / "assets" / "samples"
OTHERS = {
    "ru": "В лесу стоял старый дом. Никто не знал, кто его построил. Каждый вечер в окне горел свет.\nМы часто говорили"
    " о нём, но подойти боялись. Сестра сказала, что это ёлка. Объезд был закрыт, цена — щедрая, фильм шёл в юности.\n",
    "ja": "昨日、友達と一緒に映画を見ました。とても面白かったです。\n明日は雨が降るそうですから、家で本を読みます。"
    "コーヒーを飲みながら、テレビのニュースも見ます。\n",
    "el": "Το σπίτι βρίσκεται κοντά στη θάλασσα. Χθες το βράδυ φάγαμε ψάρι και ήπιαμε κρασί.\n",
    "pl": "Wczoraj wieczorem poszliśmy do lasu, żeby zbierać grzyby. Było już późno, ale świecił księżyc.\n",
}


def text_of(lang):
    return OTHERS.get(lang) or (SAMPLES / lang / "text.txt").read_text(encoding="utf8")[:2000]


@pytest.mark.parametrize(
    ("lang", "encoding"),
    [
        *(("ru", name) for name in ("koi8_r", "cp1251", "iso8859_5", "cp866", "mac_cyrillic", "utf_16_le")),
        *(("ja", name) for name in ("cp932", "euc_jp", "iso2022_jp", "utf_16_be")),
        *(("zh", name) for name in ("gb18030", "big5hkscs", "utf_16_le", "utf_16")),
        *(("ar", name) for name in ("cp1256", "iso8859_6", "utf_16_be")),
        *(("hi", name) for name in ("utf_16_le", "utf_32")),
        *(("el", name) for name in ("cp1253", "iso8859_7")),
        *(("pl", name) for name in ("cp1250", "iso8859_2", "cp852")),
    ],
)
def test_encodings_of_other_scripts(lang, encoding):
    text = text_of(lang)
    content = text.encode(encoding, "ignore")
    alphabet = Alphabet([text_of(lang)], 100)
    found = find_encoding(io.BufferedReader(io.BytesIO(content)), alphabet)
    assert "".join(decode(io.BufferedReader(io.BytesIO(content)), found)) == content.decode(encoding)


def test_bytes_that_are_no_utf8_after_a_long_start(alphabet):
    content = b"le chat " * (CHUNK // 8) + b"\n" + "la forêt brûle déjà\n".encode("cp1252")
    found = find_encoding(io.BufferedReader(io.BytesIO(content)), alphabet)
    assert "".join(decode(io.BufferedReader(io.BytesIO(content)), found)).endswith("la forêt brûle déjà\n")


def test_a_few_broken_bytes_do_not_make_it_another_encoding(alphabet):
    content = "la forêt brûle déjà près du château\n".encode() * 50 + b"\xff\n"
    found = find_encoding(io.BufferedReader(io.BytesIO(content)), alphabet)
    assert "".join(decode(io.BufferedReader(io.BytesIO(content)), found)).count("forêt brûle") == 50


def read(content, alphabet):
    found = find_encoding(io.BufferedReader(io.BytesIO(content)), alphabet)
    return "".join(decode(io.BufferedReader(io.BytesIO(content)), found))


@pytest.mark.parametrize(("old", "new"), [(500, 400), (900, 10), (10, 900)])
def test_lines_of_two_encodings_whichever_are_more(alphabet, old, new):
    line = "la forêt brûle déjà près du château\n"
    content = line.encode() * new + line.encode("cp1252") * old
    assert read(content, alphabet) == line * (old + new)


def test_a_long_start_in_utf_8_and_an_end_in_another_encoding(alphabet):
    line = "la forêt brûle déjà près du château\n"
    n = CHUNK // len(line.encode()) + 1
    content = line.encode() * n + line.encode("cp1252") * (2 * n)
    assert read(content, alphabet) == line * (3 * n)


def test_lines_that_are_utf_8_by_chance():
    text = "联通\n今天天气很好，我们一起去公园。\n" * 20
    alphabet = Alphabet([text], 100)
    assert read(text.encode("gb18030"), alphabet) == text
