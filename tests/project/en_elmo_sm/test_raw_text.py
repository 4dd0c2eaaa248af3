"""Raw text for pretraining: from the data folder, from archives of public repositories, or of one's own."""

import io
import tarfile

import pytest

from project.en_elmo_sm.scripts import raw_text
from project.en_elmo_sm.scripts.markup import read_markdown, read_plain, read_tei, read_transcript
from project.en_elmo_sm.scripts.raw_text import SETS, split_documents

NOVEL = "CHAPTER I\n\n\nIt was\nbroken over\nlines.\n\n" + "\n\n".join(f"Paragraph {i}." for i in range(198))
TEI = """<?xml version="1.0"?>
<?xml-model href="x"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><title>A Novel</title></teiHeader><text>
<front><p>Not this.</p></front><body><head>ONE</head><p>It was<pb n="2"/> <note>Not this.</note>late.</p>
<p>THE END</p><p>Nobody came.</p></body></text></TEI>
"""
LEFT_OUT = TEI.replace("A Novel", "Middlemarch")
TRANSCRIPT = r"""**Ann Lee:** Welcome to the show... \[laughs\] See [the notes](https://example.org/a_b).

**Bo:** Hey. \[00:12:34.01\] It's `git`, *really*.

**Break:** \[01:02\]
"""


@pytest.fixture
def text(workspace):
    return workspace.assets / "lm-en" / "train"


def pack(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.encode("utf8"))
            archive.addfile(info, io.BytesIO(content.encode("utf8")))


@pytest.fixture
def archives(text):
    """What the public addresses give: files of a commit below one folder."""
    pack(text.parent / "litbank.tar.gz", {"litbank-1/original/1_a.txt": NOVEL, "litbank-1/README.md": "not this"})
    shows = {f"transcripts-1/podcast/show-{i:03}.md": TRANSCRIPT.replace("show", f"show {i:03}") for i in range(150)}
    pack(text.parent / "transcripts.tar.gz", {**shows, "transcripts-1/README.md": "nor this"})


def test_archives_become_text(archives, text, call):
    code, printed = call(raw_text, text)
    assert code == 0, printed
    novel = (text / "litbank_novels.txt").read_text(encoding="utf8").splitlines()
    assert novel[:3] == ["CHAPTER I", "It was broken over lines.", "Paragraph 0."]
    assert novel[-1] == "Paragraph 195."
    shows = (text / "changelog_transcripts.txt").read_text(encoding="utf8").split("\n\n")
    assert len(shows) == 149
    assert shows[0].splitlines() == ["Welcome to the show 000... [laughs] See the notes.", "Hey. It's git, really."]


def test_a_hundredth_is_held_out(archives, text, call):
    call(raw_text, text)
    heldout = text.parent / "heldout"
    assert (heldout / "litbank_novels.txt").read_text(encoding="utf8") == "Paragraph 196.\nParagraph 197.\n"
    assert "show 099" in (heldout / "changelog_transcripts.txt").read_text(encoding="utf8")
    assert "show 099" not in (text / "changelog_transcripts.txt").read_text(encoding="utf8")


def test_text_of_the_data_folder(text, call, tmp_path, monkeypatch):
    files = {"lm-en/train/news.txt": "News.\n", "lm-en/heldout/news.txt": "Old.\n"}
    pack(tmp_path / "archives" / "lm-en.tar.xz", files)
    monkeypatch.setenv("SPACY_ELMO_DATA", str(tmp_path))
    code, printed = call(raw_text, text)
    assert (code, (text / "news.txt").read_text(encoding="utf8")) == (0, "News.\n")
    assert "train: news; 6 bytes" in printed


def test_broken_archive_leaves_no_text(archives, text, call):
    (text.parent / "transcripts.tar.gz").write_bytes(b"half of a download")
    code, printed = call(raw_text, text)
    assert code == 1
    assert "transcripts.tar.gz: not a whole archive" in printed
    assert not text.exists()


def test_archive_with_a_changed_byte(archives, text, call):
    """Its checksum lies behind the end of what is read otherwise."""
    path = text.parent / "litbank.tar.gz"
    content = bytearray(path.read_bytes())
    content[-8] ^= 1  # the first byte of the checksum
    path.write_bytes(content)
    code, printed = call(raw_text, text)
    assert code == 1
    assert "litbank.tar.gz: not a whole archive" in printed
    assert not text.exists()


def test_broken_archive_of_the_data_folder_leaves_nothing(text, call, tmp_path, monkeypatch):
    pack(tmp_path / "archives" / "lm-en.tar.xz", {f"lm-en/train/{i}.txt": "News.\n" * 10_000 for i in range(9)})
    path = tmp_path / "archives" / "lm-en.tar.xz"
    path.write_bytes(path.read_bytes()[:-20])
    monkeypatch.setenv("SPACY_ELMO_DATA", str(tmp_path))
    code, printed = call(raw_text, text)
    assert (code, "lm-en.tar.xz: not a whole archive" in printed) == (1, True)
    assert list(text.parent.iterdir()) == []


def test_without_data_and_network(text, call, source, workspace, monkeypatch):
    def fail(_, url, dest):
        raise ConnectionError(f"no way to {url}")

    monkeypatch.setattr("project.shared.assets.fetch_asset", fail)
    (workspace.root / "project.yml").write_text((source / "project.yml").read_text())
    code, printed = call(raw_text, text)
    assert code == 1
    assert "cannot be downloaded from https://" in printed
    assert "SPACY_ELMO_DATA" in printed


def test_text_of_ones_own_is_left_alone(call, tmp_path):
    (tmp_path / "mine.txt").write_text("Mine.\n")
    assert call(raw_text, tmp_path / "mine.txt") == (0, "")
    code, printed = call(raw_text, tmp_path / "nothing.txt")
    assert code == 1
    assert "name your text with --vars.text" in printed


def test_short_documents_are_held_out_as_a_whole():
    found = split_documents([[f"{i}"] for i in range(250)], SETS["lm-en"]["changelog_transcripts"])
    assert found["heldout"] == [["99"], ["199"]]
    assert len(found["train"]) == 248


def test_marks_are_not_words():
    assert read_plain("a\nb\n \n\n c ") == ["a b", "c"]
    assert read_transcript("**A:** That's **bold**, C\\# and snake_case.") == ["That's bold, C# and snake_case."]


@pytest.mark.parametrize(
    ("text", "sets"),
    [
        ("assets/lm-en/train", ["lm-en"]),
        ("assets/lm-en/heldout/*.txt", ["lm-en"]),
        ("assets/lm-en-more/train", ["lm-en-more"]),
        ("assets/lm-en*/train/*.txt", ["lm-en", "lm-en-more"]),
        ("assets", []),
    ],
)
def test_a_pattern_says_which_sets_are_brought(workspace, text, sets, call):
    workspace.assets.mkdir()
    for name in sets:
        (workspace.assets / name / "train").mkdir(parents=True)
        (workspace.assets / name / "train" / "news.txt").write_text("News.\n")
    code, printed = call(raw_text, text)
    assert (code, printed.count("train: news; 6 bytes")) == (0, len(sets))


def test_the_second_set_becomes_text(workspace, call):
    folder = workspace.assets / "lm-en-more"
    page = "---\ntitle: x\n---\n# Head\n\nThis page has one paragraph of words.\n"
    pack(folder / "eltec.tar.gz", {"eltec-1/level1/ENG1_A.xml": TEI, "eltec-1/level1/ENG2_B.xml": LEFT_OUT})
    pack(folder / "cpp-docs.tar.gz", {"cpp-1/docs/a.md": page, "cpp-1/README.md": page})
    pack(folder / "kubernetes.tar.gz", {"k-1/content/en/docs/a.md": page, "k-1/content/en/docs/reference/b.md": page})
    pack(folder / "powershell-docs.tar.gz", {"p-1/reference/7.7/a.md": page, "p-1/reference/5.1/a.md": page})
    pack(folder / "rust-book.tar.gz", {"book-1/src/ch01.md": page})
    code, printed = call(raw_text, "assets/lm-en-more/train")
    assert code == 0, printed
    found = {path.stem: path.read_text(encoding="utf8") for path in (folder / "train").glob("*.txt")}
    assert found.pop("eltec_novels") == "It was late.\nNobody came.\n"
    assert set(found) == {"cpp_docs", "kubernetes_docs", "powershell_docs", "rust_book"}
    assert set(found.values()) == {"This page has one paragraph of words.\n"}


def test_a_novel_that_is_broken_is_named(workspace, call):
    pack(workspace.assets / "lm-en-more" / "eltec.tar.gz", {"eltec-1/level1/ENG1_A.xml": TEI[:-9]})
    for name in ("cpp-docs", "kubernetes", "powershell-docs", "rust-book"):
        pack(workspace.assets / "lm-en-more" / f"{name}.tar.gz", {})
    code, printed = call(raw_text, "assets/lm-en-more/train")
    assert (code, "ENG1_A.xml: not whole" in printed) == (1, True)


def test_marks_of_novels_and_manuals_are_no_words():
    assert read_tei(TEI) == ["It was late.", "Nobody came."]
    assert read_tei(LEFT_OUT) == []
    page = """
> A quote of `code` and *words*,
> with a [link](https://example.org) in it.

- An item of a list with {{< mark >}} enough words in it.
- Too short.

| a | table of many words that are in cells |
|---|---|
| b | c |

```
code of many words that is left out
```
"""
    quote, item = "A quote of code and words, with a link in it.", "An item of a list with enough words in it."
    assert read_markdown(page) == [quote, item]
