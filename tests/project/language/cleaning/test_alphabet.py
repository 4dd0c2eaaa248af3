"""What the text of a language looks like, by characters."""

from project.language.scripts.cleaning.alphabet import Alphabet

CJK = ["".join(map(chr, range(0x4E00 + i, 0x4E00 + i + 20))) + "。" for i in range(0, 400, 20)]


def test_letters_of_large_scripts_are_known_unseen():
    chinese = Alphabet(CJK, 200)
    assert chinese.knows_most("書法")
    assert not chinese.knows_most("кириллица")


def test_letters_of_an_alphabet_are_those_of_the_treebank(alphabet):
    assert alphabet.knows_most("Le château, déjà très près ŵ")
    assert not alphabet.knows_most("ðþŵŷ")


def test_words_by_length(alphabet):
    assert round(alphabet.words("Le conseil municipal se réunit chaque mardi à la mairie.")) in range(9, 14)


def test_another_language(english):
    text = "Der alte Mann wohnte allein in einem kleinen Haus am Rande des Waldes und sprach selten mit jemandem. "
    assert english.is_far(text * 10)
    assert not english.is_far(
        "The old man lived alone in a small house at the edge of the wood and spoke to no one. " * 10
    )


def test_letters_that_become_two_without_case():
    german = Alphabet(["Die Straße ist naß und groß, der Fluß auch, und wir essen Süßes."], 13)
    assert german.knows_most("Straße STRASSE")


def test_spaces_of_a_file_with_a_word_a_line_are_none_of_the_language():
    chinese = Alphabet([" ".join(text) for text in CJK], 420)
    assert not chinese.has_spaces
    assert chinese.length == Alphabet(CJK, 420).length
    assert Alphabet(["Το σπίτι βρίσκεται κοντά στη θάλασσα."], 6).has_spaces
