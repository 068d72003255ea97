"""Where is the charged group? Notebook 16's network against rules, on molecules never seen.

`python -m benchmarks.volumes` makes the runs that are missing and writes `results/groups.json` and
`.md`. How much the expert's template takes away is chosen on the validation part; the network's
recipe was, too (see the table's notes). Then the test part is read, once a seed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.from_notebook import code_of, definitions
from benchmarks.measure import (
    Clock,
    at_work,
    digest,
    in_own_process,
    load_average,
    machine,
    middle,
    publish,
    read_results,
    store,
    write_results,
)
from course_utils import volumes
from course_utils.datasets import Dataset
from course_utils.environment import quiet_import

NOTEBOOK = "16_a_gallery_of_uses.ipynb"
FUNCTIONS = ["build_seeker", "turned_batches", "train_seeker", "compile_in_cycle"]
SEEDS = (0, 1, 2)
BEHIND = (1.0, 1.5, 2.0, 2.5, 3.0)
TURNS = 100
CHOSEN_ON = 200
RULES = ("brightness", "template", "expert")
WHAT = {
    "brightness": "rule: brightest place",
    "template": "rule: template, 100 directions",
    "expert": "rule: template with holes",
    "network": "network",
}


def share(named: np.ndarray, places: np.ndarray) -> float:
    """Return the share of the groups that were found."""
    return float(volumes.found(named, places).mean())


def best_behind(x: np.ndarray, places: np.ndarray) -> float:
    """Return the number of `BEHIND` with which the template finds most of these groups."""
    return max(BEHIND, key=lambda behind: share(volumes.by_template(x, TURNS, behind), places))


def apply_rule(name: str, data: Dataset) -> dict[str, float]:
    """Return the share of the test part's groups that a rule finds, and what it cost."""
    facts: dict[str, float] = {}
    with Clock() as clock:
        if name == "brightness":
            named = volumes.by_brightness(data.x_test)
        elif name == "template":
            named = volumes.by_template(data.x_test, TURNS)
        elif name == "expert":
            facts["behind"] = best_behind(data.x_val[:CHOSEN_ON], data.y_val[:CHOSEN_ON])
            named = volumes.by_template(data.x_test, TURNS, facts["behind"])
        else:
            raise ValueError(f"name is {name!r}; expected one of {', '.join(RULES)}.")
    return {"found": share(named, data.y_test), "cpu": clock.cpu, **facts}


def train_once(data: Dataset, seed: int) -> dict[str, float]:
    """Train the notebook's network and return the shares that it finds, and what it cost."""
    import math

    with quiet_import():
        import keras

    notebook = definitions(NOTEBOOK, FUNCTIONS, np=np, math=math, keras=keras, volumes=volumes)
    keras.utils.set_random_seed(seed)
    model = notebook.build_seeker()
    with Clock() as clock:
        notebook.train_seeker(model, data, seed=seed)

    def of(x: np.ndarray, places: np.ndarray) -> float:
        cells = model.predict(x, batch_size=100, verbose=0).argmax(axis=1)
        return share(volumes.centre_of(cells), places)

    return {
        "found": of(data.x_test, data.y_test),
        "validation": of(data.x_val, data.y_val),
        "cpu": clock.cpu,
    }


def run(name: str, seed: int) -> dict[str, float]:
    """Draw the molecules and make one run (in a process of its own)."""
    data = volumes.dataset()
    return train_once(data, seed) if name == "network" else apply_rule(name, data)


def marks(data_digest: str) -> dict[str, str]:
    """Return for each row the mark of what it depends on, besides the molecules' module."""
    code = code_of(NOTEBOOK, FUNCTIONS)
    depends = {
        "network": [code],
        "expert": [TURNS, BEHIND, CHOSEN_ON],
        "template": [TURNS],
        "brightness": [],
    }
    return {name: digest(data_digest, name, depends[name]) for name in WHAT}


def all_runs(
    one_run: Callable[[str, int], dict[str, float]], data: Dataset, name: str = "groups"
) -> dict[str, Any]:
    """Make every run that is not stored, and store each as it ends."""
    earlier = {row["digest"]: row["runs"] for row in read_results(name).get("rows", [])}
    rows = [
        {"name": each, "what": WHAT[each], "digest": mark, "runs": earlier.get(mark, [])}
        for each, mark in marks(data.source.digest).items()
    ]
    results = {
        "data": str(data.source),
        "digest": data.source.digest,
        "test": len(data.x_test),
        "near": volumes.NEAR,
        "machine": machine(),
        "rows": rows,
    }
    for row in rows:
        for seed in SEEDS if row["name"] == "network" else SEEDS[:1]:
            if seed in [made["seed"] for made in row["runs"]]:
                continue
            load = load_average()
            made = one_run(row["name"], seed)
            made = {key: value for key, value in made.items() if key != "peak"}
            made["cpu"] = round(made["cpu"], 1)
            row["runs"].append({"seed": seed, **made, "load": load})
            print(row["name"], seed, made, flush=True)
            write_results(name, results)
            store(name, as_markdown(results))
    return results


def as_markdown(results: dict[str, Any]) -> str:
    """Return the table."""
    runs = [made for row in results["rows"] for made in row["runs"]]
    lines = [
        "# Where is the charged group?",
        "",
        f"Data: {results['data']}. Found: the place named is within {results['near']:g} voxels of "
        f"the charged carbon; share of the {results['test']} test molecules, median "
        f"(smallest–largest) over the seeds. {results['machine']}. {at_work(runs)}",
        "",
        "| who answers | found | runs | CPU s |",
        "| --- | --- | --- | --- |",
    ]
    for row in results["rows"]:
        if row["runs"]:
            found = [made["found"] for made in row["runs"]]
            cpu = [made["cpu"] for made in row["runs"]]
            text = middle(found, 3) if len(found) > 1 else f"{found[0]:.3f}"
            lines.append(f"| {row['what']} | {text} | {len(found)} | {middle(cpu, 0)} |")
    expert = next(row for row in results["rows"] if row["name"] == "expert")
    tried = ", ".join(f"{each:g}" for each in BEHIND)
    for made in expert["runs"]:
        lines += [
            "",
            f"The template with holes takes {made['behind']:g} oxygens away behind each, the "
            f"best of {tried} on {CHOSEN_ON} validation molecules.",
        ]
    return "\n".join(lines)


def main() -> None:
    """Make the runs that are missing and publish the table."""

    def one_run(name: str, seed: int) -> dict[str, float]:
        return in_own_process("benchmarks.volumes:run", name=name, seed=seed)

    publish("groups", as_markdown(all_runs(one_run, volumes.dataset())))


if __name__ == "__main__":
    main()
