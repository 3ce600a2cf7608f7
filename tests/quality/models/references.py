"""What others would train: (texts, labels, texts to judge) to probabilities. They see the messages as logged, each line."""
import os
import re
import tempfile

import fasttext
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union

fasttext.FastText.eprint = lambda _: None
SUBWORDS = {"minn": 3, "maxn": 5, "wordNgrams": 2, "dim": 16, "bucket": 65536, "epoch": 25, "lr": 0.5}


def linear(vectorizer):
    """Logistic regression, both labels of the same weight."""

    def judge(texts, labels, others):
        vectors = vectorizer()
        model = LogisticRegression(C=10, max_iter=300, class_weight="balanced")
        model.fit(vectors.fit_transform(texts), labels)
        return model.predict_proba(vectors.transform(others))[:, 1]

    return judge


def words():
    """Words and pairs of them."""
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def characters():
    """Character n-grams, and words cut at humps and dots."""
    return make_union(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, preprocessor=cut),
    )


def cut(text):
    """CamelCase and dotted.names become words."""
    return re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", re.sub(r"[._/$:-]", " ", text)).lower()


def fast_text(**options):
    """fastText's classifier, one thread (its result depends on their number)."""

    def judge(texts, labels, others):
        model = fast_text_model(texts, labels, **options)
        return [probability(model, text) for text in others]

    return judge


def fast_text_model(texts, labels, **options):
    """Trains it."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
        file.writelines(f"__label__{int(label)} {plain(text)}\n" for text, label in zip(texts, labels))
    try:
        return fasttext.train_supervised(file.name, verbose=0, thread=1, **options)
    finally:
        os.unlink(file.name)


def probability(model, text):
    """Of the label 1."""
    found = model.f.predict(plain(text) + "\n", 2, 0.0, "strict")
    return next((share for share, label in found if label == "__label__1"), 0.0)


def plain(text):
    """One line of lower-case words."""
    return " ".join(text.lower().split())


ALL = {
    "linear, words": linear(words),
    "linear, characters and sub-words": linear(characters),
    "fastText": fast_text(),
    "fastText, sub-words": fast_text(**SUBWORDS),
}
