"""The Python package sentencepiece, told what to do line by line by chuan.bench.TokenizerBench.

Commands: version; tokens (how many in the text); encode (seconds for the text, one thread);
train PIECES THREADS (seconds).
"""
import io
import sys
import time

import sentencepiece as spm


def main():
    processor = spm.SentencePieceProcessor(model_file=sys.argv[1])
    with open(sys.argv[2], encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    for command in sys.stdin:
        words = command.split()
        start = time.perf_counter()
        if words[0] == "version":
            answer = spm.__version__
        elif words[0] == "tokens":
            answer = sum(len(processor.encode(line)) for line in lines)
        elif words[0] == "encode":
            for line in lines:
                processor.encode(line)
            answer = time.perf_counter() - start
        else:
            spm.SentencePieceTrainer.train(
                input=sys.argv[2], model_writer=io.BytesIO(), model_type="bpe",
                vocab_size=int(words[1]), num_threads=int(words[2]),
                max_sentence_length=1 << 30, minloglevel=2)
            answer = time.perf_counter() - start
        print(answer, flush=True)


main()
