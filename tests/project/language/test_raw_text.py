"""Raw text as people have it: each kind of dirt."""

import gzip
import json
import os
import shutil
import sys

import pytest
import srsly

from project.language.scripts import raw_text
from tests.project.language.conftest import HELD_OUT, SENTENCES

NAMES = ("café", "forêt", "maïs", "château", "été", "élève", "fenêtre", "goût", "hôtel", "âne")


def story(i: int) -> str:
    """Sentences that no other number gives."""
    a, b = NAMES[i % 10], NAMES[i // 10 % 10]
    return f"Le {a} numéro {i} se trouve près de la mairie, où le {b} est très étrange."


@pytest.fixture
def run(call, job, raw):
    """Clean what was written beside two plain files, and return what is left, and the notes."""
    raw("plain-1.txt", f"{story(901)}\n\n{story(902)}\n")
    raw("plain-2", f"{story(903)}\n\n{story(904)}\n")

    def clean():
        code, printed = call(raw_text, "--lang", "fr")
        assert code == 0, printed
        text = "".join((job.text / name).read_text(encoding="utf8") for name in ("train.txt", "heldout.txt"))
        return text, srsly.read_json(job.text / "notes.json")

    return clean


def notes(found):
    return "\n".join(note["text"] for note in found["notes"])


def test_files_of_any_suffix(run):
    text, found = run()
    assert sorted(filter(None, text.split("\n"))) == sorted(map(story, (901, 902, 903, 904)))
    assert found["figures"]["files"] == found["figures"]["files_used"] == 2


@pytest.mark.parametrize(
    "encoding", ["utf_8_sig", "utf_16", "utf_16_le", "utf_16_be", "cp1252", "iso8859_1", "mac_roman", "cp850"]
)
def test_encodings(run, raw, encoding):
    raw("other.txt", story(1), encoding)
    assert story(1) in run()[0]


def test_lines_of_several_encodings(run, raw):
    lines = [story(i).encode("cp1252" if i % 3 == 0 else "utf8") for i in range(9)]
    raw("mixed.txt", b"\n".join(lines))
    text, _ = run()
    assert all(story(i) in text for i in range(9))


def test_what_is_no_text_is_named(run, raw):
    raw("empty.txt", "")
    raw("zeros.bin", bytes(5000))
    raw("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    raw("paper.pdf", b"%PDF-1.4 ...")
    raw("letter.rtf", rf"{{\rtf1\ansi {story(1)}}}")
    raw("script.html", f"<html><body><script>var le = 'la'; <p>{story(2)}</p></body></html>")
    _, found = run()
    assert found["figures"]["files_used"] == 2
    assert "left out, empty: " in notes(found)
    assert "picture.png" in notes(found)
    assert "paper.pdf (is a PDF" in notes(found)
    assert "letter.rtf (is an RTF document" in notes(found)
    assert "script.html (no text in it)" in notes(found)


def test_at_most_20_files_are_named(run, raw):
    for i in range(50):
        raw(f"none-{i:02}.bin", bytes(range(8)) * (i + 1))
    assert "30 more" in notes(run()[1])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all files")
def test_a_file_without_rights_is_named(run, raw):
    raw("secret.txt", story(1)).chmod(0)
    assert "secret.txt (cannot be read" in notes(run()[1])


@pytest.mark.skipif(sys.platform != "linux", reason="names are no bytes elsewhere")
def test_names_that_are_no_text(run, raw):
    raw(os.fsdecode(b"\xff\x1b[31m.txt"), "")
    assert "\\u001b[31m.txt" in notes(run()[1])


def test_compressed_text(run, raw):
    raw("a.gz", gzip.compress(story(1).encode("cp1252")))
    assert story(1) in run()[0]


def test_compressed_text_that_breaks_off(run, raw):
    text = "\n".join(map(story, range(500))).encode("utf8")
    raw("a.gz", gzip.compress(text)[:-100])
    assert "not a whole compressed file" in notes(run()[1])


def test_one_long_line(run, raw):
    raw("line.txt", " ".join(map(story, range(2000))))
    text, _ = run()
    paragraphs = text.split("\n")
    assert max(map(len, paragraphs)) <= 4000
    assert all(story(i) in text for i in range(2000))  # none is cut


def test_html(run, raw):
    raw(
        "page.html",
        "<!DOCTYPE html><html><head><title>Page</title><style>p { color: red }</style><script>var le = 'la';</script>"
        "</head><body><ul><li>Accueil<li>Contact</ul>"
        f"<p>{story(1).replace('é', '&eacute;')[:40]}\n{story(1).replace('é', '&eacute;')[40:]}</p>"
        f"<![if IE]><p>{story(2)}</p><div>{story(3)}</div></body></html>",
    )
    text, _ = run()
    assert all(story(i) in text for i in (1, 2, 3))
    assert "color" not in text
    assert "var le" not in text
    assert "Accueil" not in text


def test_markup_that_is_never_closed(run, raw):
    raw("page.html", f"<html><p>{story(1)}</p><!-- never <p>closed</p>\n" + "x " * 2_000_000 + f"<p>{story(2)}</p>")
    text, _ = run()
    assert story(1) in text
    assert "never" not in text


def test_remains_of_markup(run, raw):
    raw("a.txt", f"{story(1)[:20]}<b>{story(1)[20:25]}</b>{story(1)[25:]}<br/>\n&nbsp;{story(2)}&amp;amp;\n")
    text, _ = run()
    assert f"{story(1)}\n{story(2)}&" in text


def test_xml(run, raw):
    raw("a.xml", f"<?xml version='1.0'?>\n<doc id='1'>\n{story(1)}\n{story(2)}\n</doc>\n<doc>\n{story(3)}\n</doc>")
    text, _ = run()
    assert f"{story(1)}\n{story(2)}\n\n" in text


def test_lines_of_json(run, raw):
    lines = [json.dumps({"text": f"{story(i)}\n\n{story(i + 50)}"}) for i in range(2)]
    raw("a.json", "\n".join([*lines, "{", '{"body": 1}']))
    text, found = run()
    assert all(story(i) in text for i in (0, 1, 50, 51))
    assert "2 paragraphs left out: lines of JSON without" in notes(found)


def test_json_without_text_is_named_once(run, raw):
    raw("a.json", '{"body": 1}\n{"body": 2}')
    _, found = run()
    assert notes(found).count("a.json") == 1
    assert found["figures"]["paragraphs_left_out"] == {}


def test_characters_that_are_not_seen(run, raw):
    raw("a.txt", story(1).replace("mai", "m\u00ada\u200bi").replace(" numéro", "\u00a0 nume\u0301ro\x01\0"))
    assert story(1) in run()[0]


def test_hard_wrapped_lines(run, raw):
    words = " ".join(map(story, range(40))).split()
    lines = [" ".join(words[i : i + 12]) for i in range(0, len(words), 12)]
    raw("a.txt", "\n".join(lines))
    text, _ = run()
    assert " ".join(map(story, range(30))) in text


def test_menus_and_signs(run, raw):
    raw(
        "a.txt", f"Accueil | Contact | Le plan du site\n-----------\n12 345 678\nfunction a() {{ le(); }}\n{story(1)}\n"
    )
    text, found = run()
    assert story(1) in text
    assert found["figures"]["paragraphs_left_out"] == {"no sentence: signs, numbers, code or menus": 4}


def test_doubles(run, raw):
    raw("a.txt", f"{story(1)}\nCHAPITRE\n{story(2)}\n")
    raw("b.txt", f"{story(1)}\nCHAPITRE\n{story(3)}\n")
    raw("c.txt", f"{story(1)}\nCHAPITRE\n{story(2)}\n")
    text, found = run()
    assert text.count(story(1)) == 1
    assert text.count("CHAPITRE") == 2
    assert "c.txt (a.txt)" in notes(found)


def test_lines_that_are_said_often(run, raw):
    raw("a.txt", "\n".join(f"Page du livre\n{story(i)}" for i in range(100)))
    assert run()[0].count("Page du livre") == 20


def test_text_in_another_script(run, raw):
    raw("a.txt", "Это русский текст, который никто не ждал.", "koi8_r")
    raw("b.txt", f"Это русский текст, который никто не ждал.\n{story(1)}")
    text, found = run()
    assert "русский" not in text
    assert story(1) in text
    assert "a.txt (" in notes(found)


def test_sentences_that_are_measured_by(run, raw):
    raw("a.txt", f"Mais : « {HELD_OUT.upper()} »\n{story(1)}\n")
    raw("b.txt", f"{HELD_OUT[:30]}\n{HELD_OUT[30:]}\n{story(2)}\n")
    text, found = run()
    assert story(2) in text
    assert "montagnes" not in text.casefold()
    assert found["figures"]["paragraphs_left_out"]["sentences of the treebank's dev or test part"] >= 2
    assert SENTENCES[0] not in text


def test_held_out_documents_are_the_same_ones_in_any_order(run, raw, job):
    documents = ["\n".join(map(story, range(10 * i, 10 * i + 10))) for i in range(60)]
    path = raw("a.txt", "\n\n".join(documents))
    run()
    first = (job.text / "heldout.txt").read_text(encoding="utf8")
    path.write_text("\n\n".join(reversed(documents)), encoding="utf8")
    run()
    again = (job.text / "heldout.txt").read_text(encoding="utf8")
    assert sorted(first.split("\n\n")) == sorted(again.split("\n\n"))
    assert 2 < first.count("\n\n") < 10


def test_what_is_up_to_date_is_not_done_again(run, raw, job, monkeypatch):
    run()
    monkeypatch.setattr(raw_text, "_Cleaner", None)
    run()
    raw("more.txt", story(1))
    with pytest.raises(TypeError):
        run()
    assert (job.text / "train.txt").is_file()


def test_nothing_is_left(call, job, raw):
    raw("a.txt", "Это русский текст, который никто не ждал.")
    raw("b.txt", "")
    code, printed = call(raw_text, "--lang", "fr")
    assert code == 1
    assert "too little text is left" in printed
    assert "b.txt" in printed
    assert not job.text.exists()


def test_no_files(call, job, raw):
    shutil.rmtree(raw("none/a.txt", "").parent)
    code, printed = call(raw_text, "--lang", "fr")
    assert code == 1
    assert "no file in it" in printed
