"""Trains the tiny models with the real SentencePiece and records what it does with them.

Run in this folder with the PyPI package sentencepiece (0.1.99 made the committed files; 0.2.3 gives
the same pieces and ids). Only texts of up to 160 characters of tokenizer-golden.jsonl are used.
"""
import io
import json

import sentencepiece as spm

TAGS = "h2 br strong h1 p h5 h3 table li tr h4 tbody img b td".split()
SYMBOLS = ["<SEP>", "<CLS>", "\n", "\t"]
for tag in TAGS:
    SYMBOLS += [f"<{tag}>", f"<{tag}/>", f"</{tag}>"]
SYMBOLS += list("0123456789０１２３４５６７８９，。！？、：￥.!?《》【】『』")
SYMBOLS += ["```", "<!--", "-->", "---", "<!DOCTYPE>"] + [f"<reserved_{i}>" for i in range(104)]

MODELS = {
    "tiny-baichuan": dict(
        vocab_size=1100, user_defined_symbols=SYMBOLS, byte_fallback=True, split_digits=True,
        remove_extra_whitespaces=False, character_coverage=0.9995),
    "tiny-plain": dict(
        vocab_size=460, normalization_rule_name="identity", character_coverage=0.98,
        pad_id=3, control_symbols=["<user>"]),
    "tiny-spaces": dict(
        vocab_size=640, normalization_rule_name="identity", split_by_whitespace=False,
        allow_whitespace_only_pieces=True, remove_extra_whitespaces=False,
        split_by_unicode_script=False, split_by_number=False, max_sentencepiece_length=6,
        character_coverage=1.0),
}


def main():
    texts = [json.loads(line)["text"] for line in open("tokenizer-golden.jsonl", encoding="utf-8")]
    texts = [text for text in texts if len(text) <= 160]
    for name, options in MODELS.items():
        out = io.BytesIO()
        lines = open("tiny-corpus.txt", encoding="utf-8").read().splitlines()
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=out, model_type="bpe", minloglevel=2,
            **options)
        with open(f"{name}.model", "wb") as file:
            file.write(out.getvalue())
        processor = spm.SentencePieceProcessor(model_proto=out.getvalue())
        with open(f"{name}-golden.jsonl", "w", encoding="utf-8") as file:
            for text in texts:
                ids = processor.encode(text)
                file.write(json.dumps({"text": text, "ids": ids, "decoded": processor.decode(ids)}) + "\n")


main()
