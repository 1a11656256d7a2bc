#!/usr/bin/env python3
"""Golden logits of a small Whisper with made-up weights: Tests/golden/speech-small.txt.

The model's numbers follow from their tensors' names (`numbers`; the test makes the same ones), and the weights of its matrices
are whole numbers of 8 bits times a power of two, with the greatest in each group of 32: the nest holds them without loss. The
reference is this file's own arithmetic in float64; where CTranslate2 is installed, its float32 has to agree with it on the
utterance without a tail (the silence tail is no part of CTranslate2).

    pip install numpy ctranslate2==4.8.5
    goldens/speech.py
"""
import json
import math
import os
import struct
import sys
import tempfile

import numpy as np

WIDTH, HEADS, FEATURES, BINS, POSITIONS, CONTEXT, VOCABULARY, LAYERS = 64, 2, 128, 16, 24, 16, 96, 2
TOKENS = [3, 41, 77, 5, 5, 90, 12, 60]
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'Tests', 'golden')


def numbers(name, count):
    """`count` numbers in [-1, 1) from SplitMix64, whose seed is the name's FNV-1a hash."""
    mask, seed, result = (1 << 64) - 1, 0xcbf29ce484222325, []
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001b3) & mask
    for _ in range(count):
        seed = (seed + 0x9e3779b97f4a7c15) & mask
        z = seed
        z = ((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9) & mask
        z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & mask
        z ^= z >> 31
        result.append((z >> 40) / (1 << 23) - 1)
    return np.array(result)


def whole(name, shape, step, greatest):
    """Whole numbers from -127 to 127 times `step`; `greatest(index)` says which are 127 or -127."""
    values = np.floor(numbers(name, math.prod(shape)) * 127 + 0.5).reshape(shape)
    for index in np.ndindex(*shape):
        if greatest(index):
            values[index] = 127 if values[index] >= 0 else -127
    return values * step


def tensors():
    result = {}

    def matrix(name, rows, columns, step=2.0 ** -9):
        result[name] = whole(name, (rows, columns), step, lambda i: i[1] % 32 == 0)

    def bias(name, count):
        result[name] = numbers(name, count) * 0.25

    def norm(name):
        result[name + '/gamma'] = 1 + numbers(name + '/gamma', WIDTH) * 0.25
        bias(name + '/beta', WIDTH)

    def linear(name, rows, columns):
        matrix(name + '/weight', rows, columns)
        bias(name + '/bias', rows)

    def convolution(name, inputs):
        result[name + '/weight'] = whole(name + '/weight', (WIDTH, inputs, 3), 2.0 ** -9, lambda i: i[1] % min(32, inputs) == 0)
        bias(name + '/bias', WIDTH)

    convolution('encoder/conv1', BINS)
    convolution('encoder/conv2', WIDTH)
    matrix('encoder/position_encodings/encodings', POSITIONS, WIDTH)
    matrix('decoder/position_encodings/encodings', CONTEXT, WIDTH)
    matrix('decoder/embeddings/weight', VOCABULARY, WIDTH, 2.0 ** -7)
    for side in ('encoder', 'decoder'):
        for layer in range(LAYERS):
            prefix = f'{side}/layer_{layer}/'
            norm(prefix + 'self_attention/layer_norm')
            linear(prefix + 'self_attention/linear_0', 3 * WIDTH, WIDTH)
            linear(prefix + 'self_attention/linear_1', WIDTH, WIDTH)
            if side == 'decoder':
                norm(prefix + 'attention/layer_norm')
                linear(prefix + 'attention/linear_0', WIDTH, WIDTH)
                linear(prefix + 'attention/linear_1', 2 * WIDTH, WIDTH)
                linear(prefix + 'attention/linear_2', WIDTH, WIDTH)
            norm(prefix + 'ffn/layer_norm')
            linear(prefix + 'ffn/linear_0', FEATURES, WIDTH)
            linear(prefix + 'ffn/linear_1', WIDTH, FEATURES)
        norm(side + '/layer_norm')
    return result


ERF = np.vectorize(math.erf)


def gelu(x):
    return x * (1 + ERF(x / math.sqrt(2))) / 2


def convolve(x, weight, bias, stride):
    """x [frames][inputs], one zero row around it."""
    padded = np.pad(x, ((1, 1), (0, 0)))
    return np.array([np.einsum('oct,tc->o', weight, padded[i:i + 3]) + bias for i in range(0, len(x), stride)])


class Model:
    def __init__(self, values):
        self.values = values

    def linear(self, name, x):
        return x @ self.values[name + '/weight'].T + self.values[name + '/bias']

    def norm(self, name, x):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + 1e-5)
        return scaled * self.values[name + '/gamma'] + self.values[name + '/beta']

    def attend(self, query, key, value, bias):
        result, size = np.empty_like(query), WIDTH // HEADS
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            scores = query[:, part] @ key[:, part].T / math.sqrt(size) + bias
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            result[:, part] = weights / weights.sum(-1, keepdims=True) @ value[:, part]
        return result

    def feed_forward(self, prefix, x):
        y = gelu(self.linear(prefix + 'ffn/linear_0', self.norm(prefix + 'ffn/layer_norm', x)))
        return x + self.linear(prefix + 'ffn/linear_1', y)

    def stem(self, mel):
        v = self.values
        x = gelu(convolve(mel, v['encoder/conv1/weight'], v['encoder/conv1/bias'], 1))
        return gelu(convolve(x, v['encoder/conv2/weight'], v['encoder/conv2/bias'], 2))

    def encode(self, mel, frames, stride):
        """Output and the bias of its positions. `stride`: of the silence tail, 0: none."""
        table, count = self.values['encoder/position_encodings/encodings'], frames // 2
        if stride:
            x = self.stem(mel[:frames + 4])
            parts = max(1, round((POSITIONS - count) / stride))
            edges = np.linspace(count, POSITIONS, parts + 1)
            middles = ((edges[1:] + edges[:-1]) / 2).astype(int)
            bias = np.concatenate((np.zeros(count), np.log(edges[1:] - edges[:-1])))
            x = np.concatenate((x[:count] + table[:count], x[count] + table[middles]))
        else:
            x, bias = self.stem(mel[:frames]) + table[:count], np.zeros(count)
        for layer in range(LAYERS):
            prefix = f'encoder/layer_{layer}/'
            query, key, value = np.split(
                self.linear(prefix + 'self_attention/linear_0', self.norm(prefix + 'self_attention/layer_norm', x)), 3, -1)
            x = x + self.linear(prefix + 'self_attention/linear_1', self.attend(query, key, value, bias))
            x = self.feed_forward(prefix, x)
        return self.norm('encoder/layer_norm', x), bias

    def decode(self, tokens, output, bias):
        embedding = self.values['decoder/embeddings/weight']
        x = embedding[tokens] + self.values['decoder/position_encodings/encodings'][:len(tokens)]
        causal = np.triu(np.full((len(tokens), len(tokens)), -np.inf), 1)
        for layer in range(LAYERS):
            prefix = f'decoder/layer_{layer}/'
            query, key, value = np.split(
                self.linear(prefix + 'self_attention/linear_0', self.norm(prefix + 'self_attention/layer_norm', x)), 3, -1)
            x = x + self.linear(prefix + 'self_attention/linear_1', self.attend(query, key, value, causal))
            query = self.linear(prefix + 'attention/linear_0', self.norm(prefix + 'attention/layer_norm', x))
            key, value = np.split(self.linear(prefix + 'attention/linear_1', output), 2, -1)
            x = x + self.linear(prefix + 'attention/linear_2', self.attend(query, key, value, bias))
            x = self.feed_forward(prefix, x)
        return self.norm('decoder/layer_norm', x) @ embedding.T


def write_ctranslate2(folder, values):
    text = lambda s: struct.pack('<H', len(s) + 1) + s.encode() + b'\0'
    numbers_alone = {f'{side}/num_heads': (2, struct.pack('<h', HEADS)) for side in ('encoder', 'decoder')}
    numbers_alone |= {'decoder/activation': (1, b'\3'), 'decoder/pre_norm': (1, b'\1'), 'decoder/alibi': (1, b'\0'),
                      'decoder/scale_embeddings': (1, b'\0'), 'decoder/start_from_zero_embedding': (1, b'\0')}
    out = struct.pack('<I', 6) + text('WhisperSpec') + struct.pack('<II', 3, len(values) + len(numbers_alone))
    for name, array in values.items():
        data = array.astype('<f4').tobytes()
        out += text(name) + struct.pack('<B', array.ndim) + struct.pack(f'<{array.ndim}I', *array.shape)
        out += struct.pack('<BI', 0, len(data)) + data
    for name, (kind, data) in numbers_alone.items():
        out += text(name) + struct.pack('<BBI', 0, kind, len(data)) + data
    out += struct.pack('<I', 1) + text('decoder/projection/weight') + text('decoder/embeddings/weight')
    open(folder + '/model.bin', 'wb').write(out)
    specials = {VOCABULARY - 3: '<|startoftranscript|>', VOCABULARY - 2: '<|notimestamps|>', VOCABULARY - 1: '<|endoftext|>'}
    words = [specials.get(i, f'w{i}') for i in range(VOCABULARY)]
    json.dump(words, open(folder + '/vocabulary.json', 'w'))
    json.dump({'suppress_ids': [], 'suppress_ids_begin': [], 'lang_ids': [], 'alignment_heads': []},
              open(folder + '/config.json', 'w'))


def compare_with_ctranslate2(values, mel, frames, output):
    try:
        import ctranslate2
    except ImportError:
        print('CTranslate2 is not installed: not compared', file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        write_ctranslate2(folder, values)
        peer = ctranslate2.models.Whisper(folder, device='cpu', compute_type='float32')
        features = np.ascontiguousarray(mel[:frames].T[None].astype(np.float32))
        theirs = np.array(peer.encode(ctranslate2.StorageView.from_array(features)))[0]
    print(f'encoder against CTranslate2 float32: at most {np.abs(theirs - output).max():.1e} apart', file=sys.stderr)
    assert np.abs(theirs - output).max() < 1e-4


def main():
    values = tensors()
    model, frames = Model(values), 20
    mel = numbers('mel', (frames + 4) * BINS).reshape(-1, BINS) * 1.5
    mel[frames - 4:] = -1.0
    lines = [f'tokens {" ".join(map(str, TOKENS))}', f'frames {frames}']
    for stride in (0, 4):
        output, bias = model.encode(mel, frames, stride)
        if not stride:
            compare_with_ctranslate2(values, mel, frames, output)
        for row in model.decode(TOKENS, output, bias):
            lines.append(f'stride {stride} ' + ' '.join(f'{x:.4f}' for x in row))
    open(os.path.join(FOLDER, 'speech-small.txt'), 'w').write('\n'.join(lines) + '\n')


main()
