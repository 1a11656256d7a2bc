#!/usr/bin/env python3
"""Makes Tests/golden/language: tiny llama and gemma3 models, each as GGUF and as a folder in Hugging Face's layout with
the same weights and vocabulary, written by the packages that define the formats; blocks of every quantised type with
the values that the package `gguf` decodes them to; and the ids that `tokenizers` gives for some strings.

needs: pip install gguf safetensors tokenizers numpy jinja2
usage: goldens/language-models.py [Tests/golden/language]
"""

import json
import pathlib
import sys

import gguf
import jinja2
import numpy as np
import safetensors.numpy
from gguf import GGMLQuantizationType as Type
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tokenizer_strings import CHINESE, CODE, ENGLISH, strings

TYPES = {
    "f32": Type.F32,
    "f16": Type.F16,
    "bf16": Type.BF16,
    "q4_0": Type.Q4_0,
    "q4_1": Type.Q4_1,
    "q5_0": Type.Q5_0,
    "q5_1": Type.Q5_1,
    "q8_0": Type.Q8_0,
    "q4_K": Type.Q4_K,
    "q5_K": Type.Q5_K,
    "q6_K": Type.Q6_K,
}
WIDTH, FEED_FORWARD, VOCABULARY = 32, 64, 480
LAYERS = {"llama": 2, "gemma3": 7}
HEADS, KEY_HEADS, HEAD = 4, 2, 16
TEXT = [" ".join(ENGLISH)] * 3 + CODE + CHINESE


def decoder_vectors(folder):
    """For each type: rows, columns, the encoded bytes and the decoded floats."""
    rng = np.random.default_rng(4)
    for name, kind in TYPES.items():
        rows, columns = 2, 512
        block, size = gguf.GGML_QUANT_SIZES[kind]
        if name in ("f32", "f16", "bf16"):
            floats = rng.normal(0, 0.05, (rows, columns)).astype(np.float32)
            encoded = gguf.quants.quantize(floats, kind) if kind == Type.BF16 else floats.astype(np.float16) if kind == Type.F16 else floats
        else:
            # Every bit at random, so that no field of a block can hide; half floats stay finite.
            encoded = rng.integers(0, 256, (rows, columns // block * size), dtype=np.uint8)
            halves = {"q4_0": [0], "q5_0": [0], "q8_0": [0], "q4_1": [0, 2], "q5_1": [0, 2], "q4_K": [0, 2], "q5_K": [0, 2], "q6_K": [208]}[
                name
            ]
            for start in range(0, encoded.shape[1], size):
                for half in halves:
                    scale = (rng.normal(0, 0.01, rows)).astype(np.float16).view(np.uint8).reshape(rows, 2)
                    encoded[:, start + half : start + half + 2] = scale
        decoded = gguf.quants.dequantize(encoded, kind).astype(np.float32).reshape(rows, columns)
        with open(folder / f"{name}.bin", "wb") as file:
            file.write(
                np.array([rows, columns, encoded.nbytes], np.uint32).tobytes() + np.ascontiguousarray(encoded).tobytes() + decoded.tobytes()
            )


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [AddedToken(text, special=True, normalized=False) for text in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    assert tokenizer.get_vocab_size() == VOCABULARY
    return tokenizer


def sentencepiece_like():
    """SentencePiece's BPE in Hugging Face's form: bytes, user-defined pieces, and pieces trained on text with space marks."""
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.Replace(" ", "\u2581")
    trained.train_from_iterator(
        TEXT, trainers.BpeTrainer(limit_alphabet=100, vocab_size=VOCABULARY - 256 - 8, special_tokens=[], show_progress=False)
    )
    learned = json.loads(trained.to_str())["model"]
    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>", "\n\n", "<b>"] + [
        f"<0x{byte:02X}>" for byte in range(256)
    ]
    ids = {piece: index for index, piece in enumerate(pieces)}
    for piece in sorted(learned["vocab"], key=learned["vocab"].get):
        ids.setdefault(piece, len(ids))
    assert len(ids) == VOCABULARY
    # Merges as the conversion from SentencePiece makes them: each way to make a piece, by the piece's rank.
    ranks = {}
    for left, right in learned["merges"]:
        ranks.setdefault(left + right, len(ranks))
    merges = [
        (left, right)
        for text in ranks
        for left, right in sorted(
            ((text[:cut], text[cut:]) for cut in range(1, len(text))), key=lambda pair: (ids.get(pair[0], -1), ids.get(pair[1], -1))
        )
        if left in ids and right in ids
    ]
    tokenizer = Tokenizer(models.BPE(ids, merges, byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in pieces[:6]])
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in pieces[6:8]])
    return tokenizer, {text: -float(rank) for text, rank in ranks.items()}


def tensors(architecture):
    rng = np.random.default_rng(8)
    queries, keys = HEADS * HEAD, KEY_HEADS * HEAD

    def matrix(rows, columns):
        return rng.normal(0, 0.1, (rows, columns)).astype(np.float16)

    def vector(count):
        return rng.normal(0 if architecture == "gemma3" else 1, 0.1, count).astype(np.float32)

    found = {"model.embed_tokens.weight": matrix(VOCABULARY, WIDTH), "model.norm.weight": vector(WIDTH)}
    if architecture == "llama":
        found["lm_head.weight"] = matrix(VOCABULARY, WIDTH)
    for layer in range(LAYERS[architecture]):
        parts = {
            "input_layernorm": vector(WIDTH),
            "self_attn.q_proj": matrix(queries, WIDTH),
            "self_attn.k_proj": matrix(keys, WIDTH),
            "self_attn.v_proj": matrix(keys, WIDTH),
            "self_attn.o_proj": matrix(WIDTH, queries),
            "post_attention_layernorm": vector(WIDTH),
            "mlp.gate_proj": matrix(FEED_FORWARD, WIDTH),
            "mlp.up_proj": matrix(FEED_FORWARD, WIDTH),
            "mlp.down_proj": matrix(WIDTH, FEED_FORWARD),
        }
        if architecture == "gemma3":
            parts |= {
                "self_attn.q_norm": vector(HEAD),
                "self_attn.k_norm": vector(HEAD),
                "pre_feedforward_layernorm": vector(WIDTH),
                "post_feedforward_layernorm": vector(WIDTH),
            }
        found |= {f"model.layers.{layer}.{part}.weight": value for part, value in parts.items()}
    return found


CONFIGURATIONS = {
    "llama": {
        "model_type": "llama",
        "rms_norm_eps": 1e-5,
        "rope_theta": 20000.0,
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
    },
    "gemma3": {
        "model_type": "gemma3_text",
        "rms_norm_eps": 1e-6,
        "rope_theta": 1e6,
        "rope_local_base_freq": 10000.0,
        "sliding_window": 16,
        "sliding_window_pattern": 6,
        "query_pre_attn_scalar": HEAD,
        "hidden_activation": "gelu_pytorch_tanh",
        "bos_token_id": 2,
        "eos_token_id": [1, 5],
        "pad_token_id": 0,
    },
}
GGUF_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
}


def gguf_name(name, architecture):
    whole = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}
    if name in whole:
        return whole[name]
    _, _, layer, *part = name.removesuffix(".weight").split(".")
    part = ".".join(part)
    norms = {
        "llama": {"post_attention_layernorm": "ffn_norm"},
        "gemma3": {
            "post_attention_layernorm": "post_attention_norm",
            "pre_feedforward_layernorm": "ffn_norm",
            "post_feedforward_layernorm": "post_ffw_norm",
        },
    }[architecture]
    return f"blk.{layer}.{(GGUF_NAMES | norms)[part]}.weight"


def neighbours(matrix, heads):
    """Rows of a head so that the pairs of the rotation, (i, i + half) before, are neighbours."""
    return matrix.reshape(heads, 2, HEAD // 2, -1).swapaxes(1, 2).reshape(matrix.shape)


def write_model(folder, architecture, tokenizer, scores):
    configuration = CONFIGURATIONS[architecture] | {
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS[architecture],
        "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_HEADS,
        "head_dim": HEAD,
        "intermediate_size": FEED_FORWARD,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": 256,
    }
    found = tensors(architecture)
    place = folder / architecture
    place.mkdir(exist_ok=True)
    (place / "config.json").write_text(json.dumps(configuration, indent=1) + "\n")
    (place / "tokenizer.json").write_text(tokenizer.to_str())
    safetensors.numpy.save_file(found, place / "model.safetensors")

    writer = gguf.GGUFWriter(folder / f"{architecture}.gguf", architecture)
    writer.add_name("tiny")
    writer.add_block_count(LAYERS[architecture])
    writer.add_context_length(256)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_layer_norm_rms_eps(configuration["rms_norm_eps"])
    writer.add_rope_freq_base(configuration["rope_theta"])
    if architecture == "gemma3":
        writer.add_sliding_window(configuration["sliding_window"])
    pieces = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)
    added = {token.content: token.special for token in tokenizer.get_added_tokens_decoder().values()}
    types = [3 if added.get(piece) else 4 if piece in added else 6 if scores and piece.startswith("<0x") else 1 for piece in pieces]
    writer.add_tokenizer_model("llama" if scores else "gpt2")
    writer.add_token_list(pieces)
    writer.add_token_types(types)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    if scores:
        writer.add_token_scores([scores.get(piece, -1000.0) for piece in pieces])
        writer.add_unk_token_id(3)
        writer.add_pad_token_id(0)
    else:
        writer.add_tokenizer_pre("smollm")
        writer.add_token_merges([" ".join(merge) for merge in json.loads(tokenizer.to_str())["model"]["merges"]])
    writer.add_chat_template(TEMPLATES[architecture])
    ends = configuration["eos_token_id"]
    writer.add_bos_token_id(configuration["bos_token_id"])
    writer.add_eos_token_id(ends if isinstance(ends, int) else ends[0])
    for name, value in found.items():
        if architecture == "llama" and ("q_proj" in name or "k_proj" in name):
            value = neighbours(value, HEADS if "q_proj" in name else KEY_HEADS)
        if architecture == "gemma3" and "norm" in name:
            value = value + np.float32(1)
        writer.add_tensor(gguf_name(name, architecture), value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


TEMPLATES = {
    "llama": "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nAnswer briefly.<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "gemma3": "{% set first = '' %}{% if messages[0]['role'] == 'system' %}"
    "{% set first = messages[0]['content'] | trim + '\n\n' %}{% set messages = messages[1:] %}{% endif %}"
    "{% for message in messages %}{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else 'user') + '\n' + "
    "(first if loop.first else '') + message['content'] | trim"
    " + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}",
}
CHATS = [
    [("user", "hello")],
    [("user", " what is 12 + 30? ")],
    [("system", "You are a board."), ("user", "status"), ("assistant", "\nfine."), ("user", "\n\nreally?\n")],
    [("user", "今天天气很好 😀")],
]


def write_chats(path, tokenizers):
    with open(path, "w") as file:
        for name, tokenizer in tokenizers.items():
            for chat in CHATS:
                messages = [{"role": role, "content": content} for role, content in chat]
                text = jinja2.Environment().from_string(TEMPLATES[name]).render(messages=messages, add_generation_prompt=True)
                file.write(json.dumps([name, chat, tokenizer.encode(text, add_special_tokens=False).ids], separators=(",", ":")) + "\n")


def write_vectors(path, tokenizer):
    with open(path, "w") as file:
        for text in strings(240, seed=5):
            if len(text) <= 300:
                file.write(json.dumps([text, tokenizer.encode(text, add_special_tokens=False).ids, None], separators=(",", ":")) + "\n")


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "Tests/golden/language")
    folder.mkdir(parents=True, exist_ok=True)
    decoder_vectors(folder)
    bytes_tokenizer = byte_level()
    write_model(folder, "llama", bytes_tokenizer, None)
    write_vectors(folder / "llama.jsonl", bytes_tokenizer)
    pieces_tokenizer, scores = sentencepiece_like()
    write_model(folder, "gemma3", pieces_tokenizer, scores)
    write_vectors(folder / "gemma3.jsonl", pieces_tokenizer)
    write_chats(folder / "chat.jsonl", {"llama": bytes_tokenizer, "gemma3": pieces_tokenizer})


main()
