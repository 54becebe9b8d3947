#!/usr/bin/env python3
"""Writes bleu.json: small corpora with their tokens and the BLEU that sacrebleu finds for them.

    python tests/sacrebleu/bleu.py

Needs sacrebleu (2.5). References are listed by hypothesis; sacrebleu takes them the other way round.
"""

import json
import pathlib

import sacrebleu
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

PATH = pathlib.Path(__file__).parent / "bleu.json"

CASES = [
    # One reference, one sentence that is right.
    (["the cat sat on the mat today"], [["the cat sat on the mat today"]]),
    # Shorter than the references: the brevity penalty; several sentences.
    (["the cat sat on the mat", "it rains in the morning."], [["the cat is sitting on the mat", ], ["in the morning, it rains a lot."]]),
    # No 4-gram and no 3-gram is right: smoothing.
    (["a small dog runs home now"], [["the small dog walks home today, now"]]),
    # Two references each: the nearest length, the larger of the counts.
    (["the the the the cat", "he said: yes!"], [["the cat the mat", "the the cat is here now"], ["he said yes.", "she said: yes! yes!"]]),
    # Punctuation, numbers, entities, hyphens.
    (['It costs $1,234.56 (about 10-20 % more), "really"...', "AT&amp;T's e-mail: a/b, c.d 3.x x.3 ,5"],
     [['It costs $1,234.50 (about 10-20 % more), "really".'], ["AT&T's e-mail: a/b, c.d 3.x x.3 , 5"]]),
    # Nothing is right.
    (["one two three four five"], [["six seven eight nine ten"]]),
    # Too short for 4-grams.
    (["yes it is"], [["yes it is"]]),
]


def case(hypotheses, references):
    most = max(len(texts) for texts in references)
    streams = [[texts[i] if i < len(texts) else None for texts in references] for i in range(most)]
    tokenize = Tokenizer13a()
    return {
        "hypotheses": hypotheses,
        "references": references,
        "tokens": [tokenize(text.rstrip()) for text in hypotheses],
        "bleu": sacrebleu.corpus_bleu(hypotheses, streams).score,
    }


PATH.write_text(json.dumps([case(*one) for one in CASES], indent=1) + "\n")
