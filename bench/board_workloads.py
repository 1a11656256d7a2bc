"""What is counted for the estimates: Swiftlet's own work, and peers' work whose times on boards are published."""

import json

import board_blocks
from board_blocks import PLACE, Counts
from ncnn_networks import NETWORKS
from record import BOARD, BUILD, ROOT

MODELS = ROOT / "models"
NESTS = {
    "EfficientNet-Lite0, int8": MODELS / "efficientnet-lite0.nest",
    "MobileNetV2, int8": BUILD / "tf2_mobilenet_v2_1.0_224_ptq.nest",
    "keyword spotting, int8": BUILD / "kws_ref_model.nest",
    "visual wake words, int8": BUILD / "vww_96_int8.nest",
    "YOLOX-Nano, float": MODELS / "yolox-nano.nest",
    "RIANN step, int8": MODELS / "riann-int8.nest",
}
# Written when bench/board-time-peers.sh has fetched everything.
PEERS_READY = PLACE / ".complete"
TOKEN = "SmolLM2-135M, a token"
YOLOX = "YOLOX-Nano, ONNX Runtime"
# A core and its data caches, as blocks.c wants them: those of BCM2710A1 and BCM2837B0, of BCM2711, of BCM2712.
CACHES = {
    "cortex-a53": "32768:4+524288:16",
    "cortex-a72": "32768:2+1048576:16",
    "cortex-a76": "65536:4+524288:8+2097152:16",
}


def kept(name, core, files, measure):
    """Counts are slow to get and the same each time: what was counted of `files`, as they are now, stays in build/board-time."""
    newest = max(path.stat().st_mtime for path in [*files, *(board_blocks.HERE / each for each in ("blocks.c", "caches.c"))])
    path = PLACE / "counts" / f"{name.lower().replace(' ', '-').replace(',', '')}-{core}.json"
    if path.exists() and path.stat().st_mtime > newest:
        data = json.loads(path.read_text())
        return Counts(data["blocks"], data["accesses"], [tuple(level) for level in data["misses"]])
    counts = measure()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"blocks": counts.blocks, "accesses": counts.accesses, "misses": counts.misses}))
    return counts


def nest(name, core):
    few, more = (2, 42) if "RIANN" in name else (2, 12) if "keyword" in name or "wake" in name else (1, 2)
    words = lambda runs: [BOARD, "bench", NESTS[name], "--threads", "1", "--runs", runs]
    return kept(name, core, [BOARD, NESTS[name]], lambda: board_blocks.per_run(core, CACHES[core], words, few, more))


def token(core):
    words = lambda tokens: [
        *(BOARD, "generate", "The history of the bicycle begins with", "--model", MODELS / "smollm2-135m.nest"),
        *("--tokens", tokens, "--threads", "1", "--temperature", "0"),
    ]
    return kept(TOKEN, core, [BOARD, MODELS / "smollm2-135m.nest"], lambda: board_blocks.per_run(core, CACHES[core], words, 2, 4))


def ncnn(name, core):
    def measure():
        width, text = NETWORKS[name]
        path = PLACE / f"{name}.param"
        path.write_text(text())
        (counts,) = board_blocks.python(core, CACHES[core], "ncnn-run.py", width, path)
        return counts

    return kept(f"ncnn {name}", core, [PEERS_READY, board_blocks.HERE / "ncnn_networks.py"], measure)


def onnxruntime(core):
    def measure():
        (counts,) = board_blocks.python(core, CACHES[core], "onnxruntime-run.py", MODELS / "sources" / "yolox-nano.onnx")
        return counts

    return kept(YOLOX, core, [PEERS_READY], measure)
