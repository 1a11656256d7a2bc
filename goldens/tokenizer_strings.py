"""Strings to compare tokenizers with: ordinary text of several languages, code, and what breaks tokenizers."""

import random

ENGLISH = """the board reads its sensors twice a second and writes what it finds into a log that nobody opens until
something fails We're sure they'll say it isn't so I'd go if you've time don't can't won't it's he'd o'clock rock'n'roll
Measurement temperature humidity microcontroller uninterruptible Mississippi antidisestablishmentarianism U.S.A. e.g. i.e.
state-of-the-art re-entry co-operate naive cafe resume Zurich Sao Paulo hello world quick brown fox jumps over lazy dog""".split()
CHINESE = """今天天气很好 我们去公园散步 传感器的数据每秒读取两次 温度是二十五度 请把灯打开 机器学习模型在小板子上运行 人工智能 你好世界
春眠不觉晓 处处闻啼鸟 这是一个测试 繁體中文也要測試 龍鳳呈祥 价格为一百元 北京 上海 广州 深圳 用户输入无效 内存不足 请稍后再试""".split()
OTHER = """Привет мир это проверка こんにちは世界 これはテストです 안녕하세요 세계 مرحبا بالعالم שלום עולם नमस्ते दुनिया สวัสดีชาวโลก Γειά σου Κόσμε
Straße Größe façade naïve œuvre Đà Nẵng İstanbul ﬁﬂ ½ ² ³ ¹⁰ ᾳ ǆ Ω K Å""".split()
EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇨🇳", "🇬🇧", "❤️", "☺", "🧑🏿‍🚀", "🎉🎉🎉", "1️⃣", "©", "™", "→", "🫠", "\U0001fae8"]
CODE = [
    "def f(x):\n    if x is None:\n\t\treturn [i**2 for i in range(10)]\n    return {'a': x, \"b\": 0x1F}\n",
    "for (int i = 0; i < n; ++i) {\n    sum += a[i] * b[i];  // dot product\n}\r\n",
    "let values = try file.read(path) ?? []\nguard !values.isEmpty else { return }\n",
    "SELECT * FROM t WHERE id>=100 AND name LIKE '%x%';",
    "<table><tr><td>1</td></tr></table>\n",
    "https://example.org/a?b=c&d=%20#e",
    "#include <stdio.h>\n\n\n#define MAX(a,b) ((a)>(b)?(a):(b))\n",
    "{\"key\": [1, 2.5e-3, null, true]}",
    "$ ls -la | grep \"\\.txt$\" > /dev/null 2>&1",
]
SPACES = [
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "\u00a0",
    "\u3000",
    "\u2028",
    "\u0085",
    "\u200a",
    "\u202f",
    "\x0b",
    "\x0c",
    "\u1680",
    "\u200b",
    "\ufeff",
]
DIGITS = ["0", "7", "42", "2024", "3.14159", "1,000,000", "٣٤٥", "१२३", "Ⅷ", "①②", "½", "²³", "〇", "1e10", "0xFF", "12:34", "৪", "𝟘𝟙", "𒐀"]
COMBINING = [
    "e\u0301",
    "a\u0308\u0323",
    "n\u0303",
    "\u0301",
    "ก็",
    "क्ष",
    "ö\u0332",
    "\u20dd1",
    "Z\u0351\u0310\u030c\u0343a\u0334l\u0357g\u0300o\u0327",
    "\u1e9b\u0323",
]
LOOKALIKES = [
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|im_start",
    "|im_end|>",
    "<|im_start|>>",
    "<<|im_end|>",
    "<|IM_START|>",
    "<|im_start |>",
    "<repo_name>",
    "<filename>",
    "<file_sep>",
    "<bos>",
    "<eos>",
    "<unk>",
    "<pad>",
    "<0x0A>",
    "<0xFF>",
    "<0xZZ>",
    "<start_of_turn>user\n",
    "<end_of_turn>\n",
    "<unused42>",
    "<unused4",
    "[multimodal]",
    "</s>",
    "<s>",
    "[INST]",
    "<|eot_id|>",
    "<issue_start>",
    "<jupyter_code>",
    "<em>",
    "</em>",
    "<h1>",
    "<h7>",
]
CONTRACTIONS = [
    "'s",
    "'S",
    "'t",
    "'T",
    "'re",
    "'RE",
    "'ll",
    "'LL",
    "'Ll",
    "'ve",
    "'m",
    "'d",
    "'D",
    "' s",
    "''s",
    "'\u017f",
    "'sx",
    "'l",
    "'r",
    "'",
    "\u2019s",
    "x'v",
    "'lle",
]


def scalar(rng):
    while True:
        code = rng.choice(
            [
                rng.randrange(0x80, 0x3000),
                rng.randrange(0x3000, 0xD800),
                rng.randrange(0xE000, 0x10000),
                rng.randrange(0x10000, 0x110000),
                rng.choice([0xFFFF, 0xFFFE, 0x10FFFF, 0xE000, 0xFDD0, 0x7F, 0x01, 0x0378, 0x2FE0, 0x30000]),
            ]
        )
        if not 0xD800 <= code < 0xE000:
            return chr(code)


def words(rng, source, low, high, joins=(" ",)):
    return "".join(rng.choice(source) + rng.choice(joins) for _ in range(rng.randrange(low, high)))


def mixed(rng):
    parts = [
        ENGLISH,
        CHINESE,
        OTHER,
        EMOJI,
        SPACES,
        DIGITS,
        COMBINING,
        LOOKALIKES,
        CONTRACTIONS,
        list(".,!?;:-_()[]{}'\"#@$%^&*+=/\\|~`<>。，！？「」、…—"),
    ]
    return "".join(rng.choice(rng.choice(parts)) + rng.choice(["", "", " "]) for _ in range(rng.randrange(1, 25)))


def long_runs(rng):
    unit = rng.choice(
        [
            "a",
            " ",
            "ab",
            "aab",
            "\n",
            "\t",
            "1",
            "-",
            "=",
            "中",
            "😀",
            " a",
            "the ",
            "\n ",
            "é",
            ".",
            "'",
            "'s",
            "<",
            "<|",
            "ha",
            "\u0301",
            "\u00a0",
            "哈",
            "00",
            "_",
        ]
    )
    return unit * rng.choice([2, 3, 7, 16, 31, 32, 33, 64, 65, 100, 257, 1000])


MAKERS = [
    (3, lambda r: words(r, ENGLISH, 1, 30).strip() + r.choice([".", "!", "?", "", "...", "\n"])),
    (3, lambda r: words(r, CHINESE, 1, 8, ("，", "。", "", "", " "))),
    (2, lambda r: words(r, OTHER + ENGLISH + CHINESE, 1, 12, (" ", "", "-"))),
    (1, lambda r: words(r, EMOJI, 1, 8, ("", " ", "a"))),
    (2, lambda r: words(r, CODE, 1, 3, ("", "\n", "    "))),
    (2, lambda r: words(r, SPACES + ["a", "中", "1", "!"], 1, 14, ("",))),
    (1, lambda r: words(r, DIGITS, 1, 8, ("", " ", "a", "."))),
    (1, lambda r: words(r, COMBINING + ["a", "o"], 1, 8, ("", " "))),
    (2, lambda r: "".join(scalar(r) for _ in range(r.randrange(1, 20)))),
    (1, lambda r: words(r, CONTRACTIONS + ["he", "it", "I", " "], 1, 10, ("",))),
    (2, lambda r: words(r, LOOKALIKES + ["a", " ", "\n"], 1, 6, ("", "", " ", "x"))),
    (1, long_runs),
    (4, mixed),
    (1, lambda r: "".join(chr(r.randrange(0x20, 0x7F)) for _ in range(r.randrange(1, 60)))),
    (1, lambda r: "".join(chr(r.randrange(0x4E00, 0x9FFF)) for _ in range(r.randrange(1, 20)))),
]


def strings(count, seed=20):
    """`count` different strings, the same ones for the same seed."""
    rng, found = random.Random(seed), {"": None}
    makers = [maker for weight, maker in MAKERS for _ in range(weight)]
    found.pop("")
    while len(found) < count:
        found[makers[len(found) % len(makers)](rng)] = None
    return list(found)
