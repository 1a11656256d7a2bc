#!/usr/bin/env python3
"""Makes the vectors of Tests/LanguageTests/TokenizerGoldenTests: strings and the ids that the model's own tokenizer
gives. The vocabulary comes out of the GGUF file; what tokenizes with it is independent of this project: the package
`tokenizers` for byte-level BPE, `sentencepiece` and `tokenizers` for SentencePiece's, and both must agree.

needs: pip install gguf tokenizers sentencepiece
usage: goldens/tokenizers-of-models.py MODEL.gguf OUTPUT.jsonl [COUNT]      (COUNT: 2000 for the full comparison:
       SWIFTLET_TOKENIZER_VECTORS names the folder with NAME.jsonl for `make test`)
"""

import json
import sys

import tokenizers
from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

from tokenizer_strings import strings

NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = 1, 2, 3, 4, 5, 6


class Vocabulary:
    def __init__(self, path):
        reader = GGUFReader(path)
        self.fields = reader.fields
        self.kind = self.value("tokenizer.ggml.model")
        self.pieces = [bytes(piece) for piece in self.array("tokenizer.ggml.tokens")]
        self.types = [int(number[0]) for number in self.array("tokenizer.ggml.token_type")]
        self.pre = self.value("tokenizer.ggml.pre")

    def value(self, key):
        return self.fields[key].contents() if key in self.fields else None

    def array(self, key):
        field = self.fields[key]
        return [field.parts[index] for index in field.data]


def special_tokens(vocabulary, kinds):
    return [
        AddedToken(piece.decode(), special=kind == CONTROL, normalized=False)
        for piece, kind in zip(vocabulary.pieces, vocabulary.types)
        if kind in kinds
    ]


def byte_level(vocabulary):
    merges = [tuple(bytes(merge).decode().split(" ")) for merge in vocabulary.array("tokenizer.ggml.merges")]
    ids = {piece.decode(): index for index, piece in enumerate(vocabulary.pieces)}
    tokenizer = Tokenizer(models.BPE(ids, merges))
    assert vocabulary.pre == "smollm", f"no reference for the pre-tokenizer {vocabulary.pre}"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.add_tokens(special_tokens(vocabulary, (CONTROL, USER)))
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


def sentencepiece_processor(vocabulary):
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2 as proto

    model = proto.ModelProto()
    scores = [float(score[0]) for score in vocabulary.array("tokenizer.ggml.scores")]
    for piece, score, kind in zip(vocabulary.pieces, scores, vocabulary.types):
        # The converter spells the space mark of user-defined pieces out.
        text = piece.decode().replace(" ", "\u2581") if kind == USER else piece.decode()
        if text == "<unk>":
            kind = UNKNOWN
        model.pieces.add(piece=text, score=score, type=kind)
    model.trainer_spec.model_type = 2
    model.trainer_spec.byte_fallback = True
    model.trainer_spec.unk_id = vocabulary.pieces.index(b"<unk>")
    model.trainer_spec.bos_id, model.trainer_spec.eos_id, model.trainer_spec.pad_id = 2, 1, 0
    model.trainer_spec.unk_piece = "<unk>"
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = bool(vocabulary.value("tokenizer.ggml.add_space_prefix"))
    model.normalizer_spec.remove_extra_whitespaces = False
    model.normalizer_spec.escape_whitespaces = True
    processor = sentencepiece.SentencePieceProcessor()
    processor.LoadFromSerializedProto(model.SerializeToString())
    return lambda text: processor.encode(text)


def sentencepiece_as_tokenizers(vocabulary):
    """Hugging Face's form of the same vocabulary: merges are all ways to make a piece out of two, by the piece's score."""
    scores = [float(score[0]) for score in vocabulary.array("tokenizer.ggml.scores")]
    ids = {piece.decode(): index for index, piece in enumerate(vocabulary.pieces)}
    merges = []
    for text, index in ids.items():
        if vocabulary.types[index] == NORMAL:
            local = [(text[:cut], text[cut:]) for cut in range(1, len(text)) if text[:cut] in ids and text[cut:] in ids]
            merges += [(-scores[index], ids[left], ids[right], left, right) for left, right in local]
    merges.sort()
    tokenizer = Tokenizer(
        models.BPE(ids, [(left, right) for *_, left, right in merges], byte_fallback=True, unk_token="<unk>", fuse_unk=True)
    )
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_tokens(special_tokens(vocabulary, (CONTROL, USER)))
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    count = int(sys.argv[3]) if len(sys.argv) == 4 else 300
    vocabulary = Vocabulary(sys.argv[1])
    texts, rows, differ = strings(count), [], 0
    # [text, ids with control tokens recognised, ids with their text as plain text]
    if vocabulary.kind == "gpt2":
        encode = byte_level(vocabulary)
        rows = [[text, encode(text), None] for text in texts]
    else:
        with_control, plain = sentencepiece_as_tokenizers(vocabulary), sentencepiece_processor(vocabulary)
        for text in texts:
            row = [text, with_control(text), plain(text)]
            controls = {index for index, kind in enumerate(vocabulary.types) if kind == CONTROL}
            if row[1] != row[2] and not controls & set(row[1]):
                differ += 1
                print(f"the references differ: {text[:60]!r}: {row[1][:12]} {row[2][:12]}", file=sys.stderr)
            rows.append(row)
    with open(sys.argv[2], "w") as file:
        for row in rows:
            file.write(json.dumps(row, separators=(",", ":")) + "\n")
    print(
        f"{len(rows)} strings, {sum(len(row[1]) for row in rows)} ids, tokenizers {tokenizers.__version__}; "
        f"the references differ on {differ}"
    )


main()
