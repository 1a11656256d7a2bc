"""The cache model does what a plain one does, blocks hold each instruction that is counted otherwise, and the fit finds its factors."""

import ctypes
import random
import shutil
import subprocess
import unittest

import board_blocks
import board_model
import counting
from record import BOARD


class PlainCache:
    """A cache as its textbook says: a list a set, the last used last."""

    def __init__(self, size, ways):
        self.sets, self.ways = [[] for _ in range(size // ways // 64)], ways

    def hit(self, line):
        lines = self.sets[line % len(self.sets)]
        found = line in lines
        if found:
            lines.remove(line)
        lines.append(line)
        del lines[: -self.ways]
        return found


def plain_misses(shapes, accesses):
    """Misses of each level, those in streams among them."""
    levels, misses = [PlainCache(*shape) for shape in shapes], [0] * 3
    for address, size in accesses:
        for line in range(address // 64, (address + size - 1) // 64 + 1):
            for index, level in enumerate(levels):
                if level.hit(line):
                    break
                misses[index] += 1
    return misses


class Model:
    """The plugin's caches."""

    def __init__(self, shape, prefetch):
        self.library = ctypes.CDLL(str(board_blocks.library("caches.so", "caches.c")))
        self.library.caches_new.restype = ctypes.c_void_p
        self.caches = self.library.caches_new(shape.encode(), prefetch)

    def counts(self, accesses):
        """Accesses, then for each level misses in a stream and others."""
        for address, size in accesses:
            self.library.caches_access(ctypes.c_void_p(self.caches), ctypes.c_uint64(address), size)
        counts = (ctypes.c_uint64 * 7)()
        self.library.caches_counts(ctypes.c_void_p(self.caches), counts)
        return list(counts)


@unittest.skipUnless(shutil.which("clang"), "no clang")
class CachesTest(unittest.TestCase):
    def test_misses_are_those_of_a_plain_cache(self):
        shapes = [[(1024, 2)], [(2048, 4), (16384, 16)], [(4096, 4), (8192, 8), (65536, 16)]]
        generator = random.Random(3)
        runs = [(start + step * 16, 16) for start in (0, 40000, 80000) for step in range(4000)]
        scattered = [(generator.randrange(120000), generator.choice((1, 4, 8, 16, 64))) for _ in range(20000)]
        near = [(generator.randrange(3000) + 5000, 8) for _ in range(20000)]
        for shape in shapes:
            text = "+".join(f"{size}:{ways}" for size, ways in shape)
            for name, accesses in (("runs", runs + runs), ("scattered", scattered), ("near", near), ("all", runs + scattered + near)):
                counts = Model(text, 2).counts(accesses)
                with self.subTest(shape=text, accesses=name):
                    self.assertEqual(counts[0], len(accesses))
                    self.assertEqual([counts[1] + counts[2], counts[3] + counts[4], counts[5] + counts[6]], plain_misses(shape, accesses))

    def test_a_run_of_lines_is_a_stream_after_its_first(self):
        lines = 1000
        counts = Model("1024:2+2048:2", 2).counts([(64 * line, 8) for line in range(lines)])
        self.assertEqual(counts[1:5], [lines - 2, 2, lines - 2, 2])
        backwards = Model("1024:2+2048:2", 2).counts([(64 * (2 * lines - line), 8) for line in range(lines)])
        self.assertEqual(backwards[1:5], [0, lines, 0, lines])
        self.assertEqual(Model("1024:2", 0).counts([(64 * line, 8) for line in range(lines)])[1:3], [0, lines])

    def test_a_shape_that_no_cache_has_is_refused(self):
        for shape in ("", "1024", "1024:0", "1000:3", "1024:2,2048:2", "1024:2+", "64:1+64:1+64:1+64:1"):
            with self.subTest(shape=shape):
                self.assertIsNone(Model(shape, 2).caches)


@unittest.skipUnless(shutil.which("qemu-aarch64") and BOARD.exists(), "no qemu-aarch64, or no board binary")
class BlocksTest(unittest.TestCase):
    def test_blocks_hold_as_many_instructions_as_are_counted(self):
        program = [BOARD, "bench", "--help"]
        (counts,) = board_blocks.run("cortex-a53", "32768:4+524288:16", program)
        again = board_blocks.run("cortex-a53", "32768:4+524288:16", program)[0]
        self.assertEqual(counts.blocks, again.blocks)
        self.assertEqual(counts.instructions, counting.count("cortex-a53", program))
        self.assertGreater(counts.accesses, counts.misses[0][1])

    def test_what_more_runs_take_is_divided_among_them(self):
        first = board_blocks.Counts({"00000000": 10, "11111111" * 2: 4}, 100, [(1, 2), (0, 1), (0, 0)])
        more = board_blocks.Counts({"00000000": 10, "11111111" * 2: 10, "22222222": 3}, 130, [(7, 5), (0, 1), (0, 0)])
        each = more.per_run(first, 3)
        self.assertEqual(dict(each.blocks), {"11111111" * 2: 2, "22222222": 1})
        self.assertEqual((each.instructions, each.accesses, each.misses), (5, 10, [(2, 1), (0, 0), (0, 0)]))


class FitTest(unittest.TestCase):
    def test_the_factors_behind_times_are_found(self):
        boards = [board for board in board_model.BOARDS if board.core == "cortex-a53"]
        factors = {boards[0].name: (1.3, 2.0), boards[1].name: (1.3, 0.7)}
        known = {}
        for board in boards:
            known[board.name] = []
            for cycles, misses in ((3e8, [(4e6, 1e5), (1e6, 5e4), (0, 0)]), (1e8, [(5e6, 1e6), (4e6, 9e5), (0, 0)]), (9e8, [(1, 1)] * 3)):
                known[board.name].append((cycles, misses, board_model.milliseconds(board, cycles, misses, factors[board.name])))
        for name, found in board_model.fit(boards, known).items():
            for value, expected in zip(found, factors[name]):
                self.assertAlmostEqual(value / expected, 1, delta=0.05)

    def test_a_stall_counts_a_miss_at_the_level_that_answers_it(self):
        board = board_model.Board("board", "cortex-a53", 2.0, (10, 40), 100, 8.0)
        self.assertEqual(board_model.stall(board, [(0, 5), (0, 3), (0, 1)]), 2 * 10 + 2 * 40 + 1 * 200)
        self.assertEqual(board_model.stall(board, [(8, 0), (4, 0), (2, 0)]), 4 * 10 / 4 + 2 * 40 / 4 + 2 * 64 / 8 * 2)

    def test_every_published_time_is_of_a_board_that_is_known(self):
        names = {board.name for board in board_model.BOARDS}
        rows = board_model.published()
        self.assertEqual({row["board"] for row in rows}, names)
        halves = [row["half"] for row in rows]
        self.assertEqual(set(halves), {"calibration", "judgement"})
        self.assertGreaterEqual(halves.count("judgement"), len(rows) // 2)

    def test_the_spread_of_ratios_is_the_same_either_way(self):
        self.assertEqual([round(each, 3) for each in board_model.spread([2, 0.5, 1])], [2, 1.587])


if __name__ == "__main__":
    unittest.main()
