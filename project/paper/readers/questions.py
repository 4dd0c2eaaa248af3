"""A question and the text that answers it as one Doc."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

from project.shared.assets import CorpusError


def make_question_doc(nlp: Language, question: str, context: Doc, place: str) -> Doc:
    """Return one Doc: a question, which is a sentence of its own, and a context behind it.

    Args:
        nlp: Its tokenizer splits the question.
        question: The text of the question.
        context: A Doc with its sentences and `doc.spans["answers"]`.
        place: Where the question stands, for messages.

    Returns:
        A Doc with `doc.spans["question"]`, of one span, and `doc.spans["answers"]`.

    Raises:
        CorpusError: For a question or a context without words.
    """
    asked = nlp.make_doc(question.strip())
    for doc, what in ((asked, "question"), (context, "context")):
        if not len(doc):
            raise CorpusError(f"{place}: a {what} without words; leave it out")
    for token in asked:
        token.is_sent_start = token.i == 0
    asked.spans["question"] = [asked[:]]
    joined = Doc.from_docs([asked, context])
    assert joined is not None  # which it is of no Docs at all
    return joined
