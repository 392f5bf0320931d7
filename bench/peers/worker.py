"""One peer of a benchmark as a process that takes turns with the others.

Usage: worker.py MODULE FOLDER. FOLDER holds problem.npz (arrays) and problem.json (sizes). MODULE.make(problem, arrays)
returns (name, version, step, value): step() starts one training step and returns its loss, value(loss) waits for it and gives a float.

The worker writes {"name", "version"} when it is ready; then for each line "N" on its standard input it does N steps and
writes {"ms": milliseconds for all, "losses": [...]}. It ends with its input.
"""

import importlib
import json
import pathlib
import sys
import time

import numpy


def main() -> None:
    module, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    problem = json.loads((folder / "problem.json").read_text())
    with numpy.load(folder / "problem.npz") as file:
        arrays = {name: file[name] for name in file.files}
    name, version, step, value = importlib.import_module(module).make(problem, arrays)
    print(json.dumps({"name": name, "version": version}), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        losses = [step() for _ in range(int(line))]
        value(losses[-1])
        milliseconds = 1e3 * (time.perf_counter() - start)
        print(json.dumps({"ms": milliseconds, "losses": [value(loss) for loss in losses]}), flush=True)


if __name__ == "__main__":
    main()
