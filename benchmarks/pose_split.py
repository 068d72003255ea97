"""Ten poses: what a split by person shows and a random one hides, and what 8 bits cost.

    python -m benchmarks.pose_split

The stick figures of `course_utils.poses`, three times: each seed draws other people and starts the
training elsewhere. All rows of a seed learn from pictures of the same fifty people, and are tested
once, on 1000 pictures: of ten people whom they never saw, or, for the rows with a random split, of
anybody. The recipe is notebook 15's (`pose_network`, `varied`, `train_poses`), chosen on the
validation part of seed 0; the rows differ in one point each (a random split also has pictures of
forty and more people in its training part, instead of thirty). Seed 0 is none of the seeds here: it
draws the notebook's own people, and the notebook tests them once, after it has shown these results.
Thirty people have 300 scenes, one for each pose, and three pictures of each scene make 900. The
network of the first row is also packed for a phone (`course_utils.phone`) and its answers are
compared.

Every run is stored as soon as it ends, in `results/pose_split.json`, under a digest of its data
and of the notebook's functions: only what is missing or has changed is run again.
"""

import functools
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.from_notebook import code_of, definitions
from benchmarks.measure import (
    Clock,
    digest,
    machine,
    middle,
    publish,
    read_results,
    store,
    write_results,
)
from course_utils import phone, poses
from course_utils.environment import quiet_import

NOTEBOOK = "15_transfer_learning.ipynb"
FUNCTIONS = ["group", "pose_network", "varied", "train_poses"]
SEEDS = (1, 2, 3)  # not 0: those are the notebook's own people, whom it tests once
PEOPLE, PER_POSE = 50, 500
FEW = 10  # people
SMALL = 16  # pixels along a side, for the baseline

PACKED = {
    "float": "32-bit floats",
    "weights": "weights in 8 bits",
    "int8": "everything in 8 bits",
}
ROWS = {
    "person": "CNN, split by person",
    "random": "CNN, random split",
    "linear": "logistic regression on 16 × 16 pixels, split by person",
    "linear random": "logistic regression on 16 × 16 pixels, random split",
    "not swapped": "CNN by person, mirrored without exchanging left and right",
    "plain": "CNN by person, nothing varied",
    "thirty people": "CNN by person, 900 pictures of 30 people",
    "ten people": "CNN by person, 1000 pictures of 10 people",
}


def functions(keras: Any) -> SimpleNamespace:
    """Return the notebook's functions."""
    return definitions(NOTEBOOK, FUNCTIONS, keras=keras, np=np, poses=poses)


def random_split(data: poses.PoseData, seed: int) -> tuple[np.ndarray, ...]:
    """Return training and test pictures and labels, as many as in `data`, drawn from all parts."""
    parts = ("train", "val", "test")
    pictures, labels = (
        np.concatenate([getattr(data, f"{what}_{part}") for part in parts]) for what in "xy"
    )
    order = np.random.default_rng(seed).permutation(len(labels))
    train, test = order[: len(data.y_train)], order[-len(data.y_test) :]
    return pictures[train], labels[train], pictures[test], labels[test]


def fewer(data: poses.PoseData, people: int, pictures: int) -> np.ndarray:
    """Return the positions of so many training pictures of the first people, equally of each."""
    chosen = np.unique(data.person_train)[:people]
    each = pictures // (people * len(poses.POSES))
    rows = [
        np.flatnonzero((data.person_train == who) & (data.y_train == pose))[:each]
        for who in chosen
        for pose in range(len(poses.POSES))
    ]
    return np.concatenate(rows)


def shrunk(pictures: np.ndarray) -> np.ndarray:
    """Return pictures (n, 48, 48) as rows of 16 × 16 means, from −0.5 to 0.5."""
    n, step = len(pictures), poses.SIDE // SMALL
    means = pictures.reshape(n, SMALL, step, SMALL, step).mean(axis=(2, 4))
    return means.reshape(n, -1) / 255 - 0.5


def linear(x_train, y_train, x_test, y_test) -> dict[str, float]:
    """Fit the baseline and test it."""
    from sklearn.linear_model import LogisticRegression

    with Clock() as clock:
        line = LogisticRegression(C=0.1, max_iter=100).fit(shrunk(x_train), y_train)
    return {"accuracy": float(line.score(shrunk(x_test), y_test)), "cpu": clock.cpu}


def network(x_train, y_train, x_test, y_test, seed: int, row: str) -> dict[str, float]:
    """Train the notebook's CNN, in the way of a row, and test it."""
    with quiet_import():
        import keras

    notebook = functions(keras)
    change = {
        "not swapped": functools.partial(notebook.varied, after_mirror=range(len(poses.POSES))),
        "plain": lambda pictures, labels, rng: (pictures, labels),
    }.get(row, notebook.varied)
    epochs = 12 * 3000 // len(y_train) if "people" in row else 12  # the same number of steps
    keras.utils.set_random_seed(seed)
    model = notebook.pose_network()
    with Clock() as clock:
        notebook.train_poses(model, x_train, y_train, change=change, epochs=epochs, seed=seed)
    said = model.predict(x_test, 500, verbose=0)
    found = {"accuracy": float((said.argmax(axis=1) == y_test).mean()), "cpu": clock.cpu}
    if row == "not swapped":
        sides = np.isin(y_test, [poses.POSES.index(f"point {side}") for side in ("left", "right")])
        found["sides"] = float((said.argmax(axis=1) == y_test)[sides].mean())
    if row == "person":
        found |= packed(model, x_train[:200], x_test, y_test, said)
    return found


def packed(model, sample, pictures, labels, said: np.ndarray) -> dict[str, float]:
    """Pack a network with floats and in 8 bits; compare sizes and answers."""
    found: dict[str, float] = {}
    packs = {
        "float": phone.pack(model),
        "weights": phone.pack(model, 8),
        "int8": phone.pack(model, 8, sample),
    }
    for name, pack in packs.items():
        theirs = phone.answers(pack, pictures)
        found |= {
            f"{name} bytes": len(pack),
            f"{name} same": float((theirs.argmax(axis=1) == said.argmax(axis=1)).mean()),
            f"{name} largest difference": float(np.abs(theirs - said).max()),
            f"{name} accuracy": float((theirs.argmax(axis=1) == labels).mean()),
        }
    return found


def run(row: str, seed: int, data: poses.PoseData) -> dict[str, float]:
    """Make one run."""
    parts = data.x_train, data.y_train, data.x_test, data.y_test
    if row.endswith("random"):
        parts = random_split(data, seed)
    if row.endswith("people"):
        rows = fewer(data, FEW if row.startswith("ten") else 30, 1000)
        parts = data.x_train[rows], data.y_train[rows], data.x_test, data.y_test
    if row.startswith("linear"):
        return linear(*parts)
    return network(*parts, seed=seed, row=row)


def all_runs() -> dict[str, Any]:
    """Make every run that is not stored, and store each as it ends."""
    earlier = {row["name"]: row for row in read_results("pose_split").get("rows", [])}
    code = code_of(NOTEBOOK, FUNCTIONS)
    results: dict[str, Any] = {
        "data": f"stick figures of {PEOPLE} people, {PER_POSE} pictures of each pose",
        "machine": machine(),
        "people": PEOPLE,
        "rows": [{"name": name, "text": text, "runs": []} for name, text in ROWS.items()],
    }
    data_sets = {seed: poses.load(PEOPLE, PER_POSE, seed) for seed in SEEDS}
    for row in results["rows"]:
        for seed, data in data_sets.items():
            mark = digest(data.source.digest, row["name"], "" if "linear" in row["name"] else code)
            row["runs"] += [
                found
                for found in earlier.get(row["name"], {}).get("runs", [])
                if found["seed"] == seed and found["digest"] == mark
            ]
            if seed in [found["seed"] for found in row["runs"]]:
                continue
            found = {key: round(value, 4) for key, value in run(row["name"], seed, data).items()}
            row["runs"].append({"seed": seed, **found, "digest": mark})
            print(row["name"], seed, found, flush=True)
            everything = [
                each if each["runs"] else earlier.get(each["name"], each)
                for each in results["rows"]
            ]
            write_results("pose_split", {**results, "rows": everything})
    write_results("pose_split", results)
    store("pose_split", as_markdown(results))
    return results


def as_markdown(results: dict[str, Any]) -> str:
    """Return the tables."""
    lines = [
        "# Ten poses: split by person, and in 8 bits",
        "",
        f"Data: {results['data']}; each seed draws other people. Accuracy on 1000 test pictures, "
        f"median (smallest–largest) of seeds {', '.join(map(str, SEEDS))}. {results['machine']}.",
        "",
        "| what | accuracy | CPU s |",
        "| --- | --- | --- |",
    ]
    for row in results["rows"]:
        accuracy, cpu = ([run[key] for run in row["runs"]] for key in ("accuracy", "cpu"))
        lines.append(f"| {row['text']} | {middle(accuracy, 3)} | {middle(cpu, 0)} |")
    runs = next(row["runs"] for row in results["rows"] if row["name"] == "person")
    lines += [
        "",
        "The network of the first row, packed for a phone:",
        "",
        "| numbers | kB | same answer as Keras | largest difference | accuracy |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, text in PACKED.items():
        kilo = [run[f"{name} bytes"] / 1000 for run in runs]
        cells = [middle(kilo, 0)]
        cells += [
            middle([run[f"{name} {key}"] for run in runs], 3)
            for key in ("same", "largest difference", "accuracy")
        ]
        lines.append(f"| {text} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Make the runs that are missing and publish the tables."""
    publish("pose_split", as_markdown(all_runs()))


if __name__ == "__main__":
    main()
