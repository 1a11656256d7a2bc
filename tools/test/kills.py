#!/usr/bin/env python3
"""SIGKILL at every step of what writes files: `make models`, a calibration that is kept, a record of an event, a
governor that is changed.

Each program runs again and again with kill-at.c preloaded, which kills it and all that it started at the first, second,
third… thing that it does to its files, until a run comes to its own end. After each kill the files are the old or the new
ones, never half of one, and the next start works and puts back what was changed.

usage: tools/test/kills.py [models | calibration | records | governor]…        (default: all)
"""

import json
import os
import pathlib
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(__file__).resolve().parent
ROOT = next(folder for folder in TOOLS.parents if (folder / "Package.swift").exists())
PRODUCTS = ROOT / ".build/release"
MODEL = ROOT / "Tests/golden/import/small.onnx"
MOTION = ROOT / "Tests/golden/motion/still-or-moving.onnx"
MOST_KILLS = int(os.environ.get("KILLS", "60"))


class Failed(Exception):
    pass


class Killer:
    """Runs commands that are killed at a step."""

    def __init__(self, scratch, part):
        self.part = part
        self.library, self.count = scratch / "kill-at.so", scratch / "count"
        if not self.library.exists():
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.library, TOOLS / "kill-at.c"], check=True)

    def run(self, step, command, script="", **environment):
        """Whether the command was killed at the step; where it was not, how many steps it took."""
        self.count.write_bytes(bytes(8))
        environment = os.environ | environment | {"LD_PRELOAD": str(self.library), "KILL_COUNT": str(self.count),
                                                  "KILL_AT": str(step), "KILL_PATH": self.part}
        done = subprocess.run(command, input=script, capture_output=True, text=True, env=environment, start_new_session=True, timeout=120)
        steps = int.from_bytes(self.count.read_bytes(), sys.byteorder)
        if done.returncode == -signal.SIGKILL and step > 0 and steps >= step:
            return True, steps
        if done.returncode != 0:
            raise Failed(f"step {step}: ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
        return False, steps

    def sweep(self, prepare, run, check):
        """`run(step)` after `prepare()` for every step, or for so many by chance where there are too many; `check()` after each kill."""
        prepare()
        killed, steps = run(0)
        check()
        if killed or steps == 0:
            raise Failed("nothing was counted: the program does not do what this test watches")
        chosen = range(1, steps + 1) if steps <= MOST_KILLS else sorted(random.Random(7).sample(range(1, steps + 1), MOST_KILLS))
        kills = 0
        for step in chosen:
            prepare()
            kills += run(step)[0]
            try:
                check()
            except Failed as failure:
                raise Failed(f"killed at step {step} of {steps}: {failure}") from None
        if kills < len(chosen) * 3 // 4:
            raise Failed(f"only {kills} of {len(chosen)} runs were killed")
        return f"{kills} kills at {steps} steps"


def expect(condition, text):
    if not condition:
        raise Failed(text)


def run(command, script=""):
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=120)
    expect(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done.stdout


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def models(scratch):
    """The real script with the real compiler, in a folder of its own; the sources are one small model under every name."""
    tree = scratch / "tree"
    script = pathlib.Path("tools/models/compile.sh")
    for each in (script, pathlib.Path("tools/build/quietly.py")):
        (tree / each).parent.mkdir(parents=True)
        shutil.copy(ROOT / each, tree / each)
    text = (ROOT / script).read_text()
    sources = sorted({word.split("/")[-1] for word in text.split() if word.endswith((".pth", ".onnx", ".gguf", ".tflite"))})
    fetch = pathlib.Path("tools/models/fetch.py")
    program(tree / fetch, "#!/bin/sh\n" + 'mkdir -p "$1/imagenet" "$1/pictures"\n'
            + f'for each in {" ".join(sources)}; do cp "{MODEL}" "$1/$each"; done\n'
            + """echo '["a cat having a striped coat"]' > "$1/imagenet-labels.json"\n""")
    program(tree / "bin/swift", f'#!/bin/sh\ncase $* in *--show-bin-path*) echo "{tree}/bin" ;; esac\n')
    program(tree / "bin/nestc", f'#!/bin/sh\nexec "{PRODUCTS}/nestc" "{MODEL}" -o "$3" --name "$5" --set "licence=$VERSION"\n')
    path, nests = f"{tree}/bin:{os.environ['PATH']}", tree / "models"
    killer = Killer(scratch, "models/")

    def make(step, version):
        # What was compiled before is compiled again where the compiler changed.
        program(tree / "bin/nestc", (tree / "bin/nestc").read_text().split("\n#")[0].rstrip() + f"\n# {version}\n")
        return killer.run(step, ["bash", str(tree / script)], PATH=path, VERSION=version)

    def contents():
        return {each.name: each.read_bytes() for each in nests.glob("*.nest")}

    make(0, "new")
    new = contents()
    shutil.rmtree(nests)
    make(0, "old")
    old = contents()
    kept = scratch / "kept"
    shutil.copytree(nests, kept)
    expect(len(old) > 3 and old.keys() == new.keys() and all(old[name] != new[name] for name in old),
           "the stand-ins do not make two versions")

    def prepare():
        shutil.rmtree(nests)
        shutil.copytree(kept, nests)

    def check():
        found = contents()
        expect(found.keys() == old.keys(), f"models are {sorted(found)}")
        for name, each in found.items():
            expect(each in (old[name], new[name]), f"{name} is neither the old nor the new model")
        make(0, "new")
        expect(contents() == new, "the next run does not make the new models")
        left = [str(each.relative_to(nests)) for each in nests.rglob("*")
                if each.is_file() and ("partial" in str(each) or each.name.endswith(".new"))]
        expect(not left, f"left behind: {left}")

    return killer.sweep(prepare, lambda step: make(step, "new"), check)


def calibration(scratch):
    """Two calibrations and one that is taken back, on the simulated board."""
    file = scratch / "state/calibration"
    (scratch / "c.conf").write_text(f"[imu main]\nbus = i2c-1\ncalibration = {file}\n")
    command = [str(PRODUCTS / "swiftlet"), "run", "--simulate", "--fast", "--config", str(scratch / "c.conf")]
    killer = Killer(scratch, "state/")

    def prepare():
        shutil.rmtree(file.parent, ignore_errors=True)
        file.parent.mkdir()

    def check():
        if file.exists():
            lines = file.read_text().splitlines()
            expect(lines and lines[0] == "swiftlet calibration 1" and lines[-1].startswith("check "), f"half a calibration: {lines}")
        said = run(command, "calibrate show\n")
        expect("gyroscope bias" in said and "damaged" not in said, f"the next start says: {said}")

    script = "imu --seconds 1 --rate 1\ncalibrate gyroscope\ncalibrate clear\ncalibrate gyroscope\n"
    return killer.sweep(prepare, lambda step: killer.run(step, command, script), check)


GOVERNORS = {"policy0": ("ondemand", "<unsupported>"), "policy1": ("userspace", "1200000")}


def governor(scratch):
    """Changes on a made-up cpufreq, in a mount namespace of our own (`inside`)."""
    command = ["unshare", *(["--map-root-user"] if os.geteuid() != 0 else []), "--mount"]
    if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        return "skipped: this machine lets nobody make a mount namespace"
    done = subprocess.run([*command, sys.executable, __file__, "--inside", str(scratch)], capture_output=True, text=True)
    expect(done.returncode == 0, (done.stdout + done.stderr).strip())
    return done.stdout.strip()


def records(scratch):
    """A record of what a motion sensor felt, in a folder that has room for few of them."""
    folder, nest = scratch / "records", scratch / "motion.nest"
    labels = scratch / "labels.txt"
    labels.write_text("still\nmoving\n")
    run([str(PRODUCTS / "nestc"), str(MOTION), "-o", str(nest), "--labels", str(labels),
         "--set", "window.columns=z_gyro,acc_x,gyr_x,y_gyro", "--set", "window.rate=25"])
    (scratch / "c.conf").write_text(f"[records]\nfolder = {folder}\nlimit = 1 MB\nbefore = 1 s\n[imu main]\nbus = i2c-1\n"
                                    f"[task activity]\ninput = main\nmodels = {nest}\nrate = 5\ndeadline = 20 s\n"
                                    "on still > 0 = record 100 ms\n")
    command = [str(PRODUCTS / "swiftlet"), "run", "--simulate", "--config", str(scratch / "c.conf")]
    script = "tasks\nimu --seconds 3 --rate 1\n"
    killer = Killer(scratch, "records/")
    old = "00000007-19700101T000000Z-activity"

    def names():
        return sorted(each.name for each in folder.iterdir())

    def prepare():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / old).mkdir(parents=True)
        # With the room that a new record needs, more than the limit.
        (folder / old / "motion-main.log").write_bytes(bytes(950_000))

    def check():
        whole = [each for each in names() if not each.startswith(".")]
        expect(len(whole) <= 1, f"old and new are there: {whole}")
        for each in whole:
            files = sorted(file.name for file in (folder / each).iterdir())
            if each == old:
                expect(files == ["motion-main.log"], f"half of the old record: {files}")
                continue
            expect(files == ["motion-main.log", "record.json"], f"half of a record: {files}")
            about = json.loads((folder / each / "record.json").read_text())
            expect(about["motion"][0]["samples"] > 10, f"a record without samples: {about}")
            said = run([str(PRODUCTS / "swiftlet"), "pose", str(folder / each / "motion-main.log"), "--every", "0"])
            expect("left out" not in said, f"half of a log: {said}")
        run(command, "tasks\n")
        left = [each for each in names() if each.startswith(".")]
        expect(not left, f"left behind: {left}")

    return killer.sweep(prepare, lambda step: killer.run(step, command, script), check)


def inside(scratch):
    cpu, saved = pathlib.Path("/sys/devices/system/cpu"), pathlib.Path("/run/swiftlet/cpufreq.saved")
    for folder in (cpu, "/run"):
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], check=True)
    (cpu / "online").write_text("0-1\n")
    (scratch / "c.conf").write_text("[firmware]\ngovernor = powersave\n")
    (scratch / "plain.conf").write_text("[firmware]\nname = plain\n")
    swiftlet = str(PRODUCTS / "swiftlet")
    killer = Killer(scratch, "cpufreq")

    def prepare():
        shutil.rmtree("/run/swiftlet", ignore_errors=True)
        for index, (name, (governor, speed)) in enumerate(GOVERNORS.items()):
            folder = cpu / "cpufreq" / name
            folder.mkdir(parents=True, exist_ok=True)
            for key, value in {"related_cpus": index, "scaling_available_governors": "performance powersave userspace ondemand",
                               "scaling_available_frequencies": "600000 1200000", "scaling_cur_freq": 600000,
                               "scaling_governor": governor, "scaling_setspeed": speed}.items():
                (folder / key).write_text(f"{value}\n")

    def check():
        run([swiftlet, "run", "--config", str(scratch / "plain.conf")], "governor\n")
        for name, (governor, speed) in GOVERNORS.items():
            found = (cpu / "cpufreq" / name / "scaling_governor").read_text().strip()
            expect(found == governor, f"after the next start {name} is at {found}, not {governor}")
            found = (cpu / "cpufreq" / name / "scaling_setspeed").read_text().strip()
            expect(governor != "userspace" or found == speed, f"after the next start {name} runs at {found}, not {speed}")
        expect(not saved.exists(), f"{saved} is still there")

    script = "governor performance\ngovernor speed 600\ngovernor restore\ngovernor powersave\n"
    command = [swiftlet, "run", "--config", str(scratch / "c.conf")]
    print(killer.sweep(prepare, lambda step: killer.run(step, command, script), check))


def main():
    if sys.argv[1:2] == ["--inside"]:
        try:
            return inside(pathlib.Path(sys.argv[2]))
        except Failed as failure:
            sys.exit(str(failure))
    passed = failed = 0
    for test in [globals()[name] for name in sys.argv[1:] or ("models", "calibration", "records", "governor")]:
        with tempfile.TemporaryDirectory(prefix="swiftlet-kill.") as scratch:
            try:
                print(f"kills: {test.__name__}: {test(pathlib.Path(scratch))}", flush=True)
                passed += 1
            except (Failed, subprocess.SubprocessError) as failure:
                print(f"kills: {test.__name__}: FAILED: {failure}", flush=True)
                failed += 1
    print(f"kills: {passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
