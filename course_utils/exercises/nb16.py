"""The exercises of notebook 16, a gallery of uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks import Case, Exercise, Misconception

# --- mean IoU of several classes ----------------------------------------------------------------


def my_mean_iou(truth, predicted, classes):
    """Return the mean IoU of the classes 0 to classes - 1 that occur in either picture."""
    each = []
    for number in range(classes):
        one, other = truth == number, predicted == number
        union = (one | other).sum()
        if union > 0:
            each.append((one & other).sum() / union)
    return sum(each) / len(each)


def _from_the_table(truth, predicted, classes):
    table = np.zeros((classes, classes))
    np.add.at(table, (truth.ravel(), predicted.ravel()), 1)
    union = table.sum(axis=0) + table.sum(axis=1) - np.diag(table)
    return np.mean(np.diag(table)[union > 0] / union[union > 0])


def _mean_iou_oracle(truth, predicted, classes):
    """Collect the places of each class in a set, and let Python's sets do the counting."""
    scores = []
    for number in range(classes):
        ours = {place for place in np.ndindex(truth.shape) if truth[place] == number}
        theirs = {place for place in np.ndindex(truth.shape) if predicted[place] == number}
        if ours | theirs:
            scores.append(len(ours & theirs) / len(ours | theirs))
    return sum(scores) / len(scores)


def _each_class(
    score: Callable = lambda shared, ours, theirs: shared / (ours + theirs - shared),
    absent: float | None = None,
    first: int = 0,
    wanted: Callable = lambda shared, ours, theirs: ours + theirs > 0,
    mean: Callable = lambda scores, sizes: np.mean(scores),
) -> Callable:
    """Return the mean over classes with one of its parts exchanged."""

    def answer(truth, predicted, classes):
        scores, sizes = [], []
        for number in range(first, classes):
            one, other = truth == number, predicted == number
            counts = tuple(int(mask.sum()) for mask in (one & other, one, other))
            if wanted(*counts):
                scores.append(score(*counts))
            elif absent is not None:
                scores.append(absent)
            else:
                continue
            sizes.append(counts[1])
        return float(mean(scores, sizes)) if scores else 0.0

    return answer


def _pooled(truth, predicted, classes):
    shared = int((truth == predicted).sum())
    return shared / (2 * truth.size - shared)


def _of_the_truth_alone(truth, predicted, classes):
    """Count the classes up to the largest number of the truth."""
    return my_mean_iou(truth, predicted, int(truth.max()) + 1)


def _picture_by_picture(truth, predicted, classes):
    pairs = zip(truth, predicted, strict=True)
    return float(np.mean([my_mean_iou(one, other, classes) for one, other in pairs]))


def _mean_iou_random(rng: np.random.Generator) -> Iterator[Case]:
    for classes in (3, 4, 5):
        truth = rng.integers(0, classes, (4, 5))
        noise = rng.integers(0, classes, (4, 5))
        predicted = np.where(rng.random((4, 5)) < 0.5, truth, noise)
        truth[truth == 1], predicted[0, 0] = 0, 1  # a class that only the prediction has
        yield Case((truth, predicted, classes + 1), "the last class occurs in neither")


mean_iou = Exercise(
    name="mean_iou",
    solution=my_mean_iou,
    variants=[_from_the_table],
    oracle=_mean_iou_oracle,
    cases=[
        Case((np.array([[0, 0], [1, 1]]), np.array([[0, 1], [1, 1]]), 2), "two classes"),
        Case((np.array([[0, 0], [1, 1]]), np.array([[0, 0], [1, 1]]), 2), "all right"),
        Case((np.array([[0, 0], [0, 1]]), np.array([[1, 1], [1, 0]]), 2), "all wrong"),
        Case(
            (np.array([[0, 0, 0], [0, 1, 1]]), np.array([[0, 0, 1], [0, 1, 1]]), 3),
            "class 2 occurs in neither",
        ),
        Case(
            (np.array([[0, 0, 0], [1, 1, 1]]), np.array([[0, 0, 2], [1, 1, 1]]), 3),
            "class 2 is only predicted",
        ),
        Case(
            (np.array([[0, 0, 0], [2, 1, 1]]), np.array([[0, 0, 0], [1, 1, 0]]), 3),
            "class 2 is never predicted",
        ),
        Case((np.array([[1, 2], [2, 2]]), np.array([[1, 2], [1, 2]]), 4), "no ground"),
        Case(
            (
                np.array([[[0, 0, 1], [0, 0, 0]], [[0, 1, 1], [2, 1, 1]]]),
                np.array([[[0, 1, 1], [0, 0, 0]], [[0, 1, 1], [2, 2, 1]]]),
                3,
            ),
            "two pictures",
        ),
    ],
    random_cases=_mean_iou_random,
    tolerance=1e-9,
    hints=[
        "One class after the other: `truth == number` and `predicted == number` are two masks. Their "
        "IoU is what you worked out by hand.",
        "`&` is True where both are, `|` where at least one is; `.sum()` counts. If the union is "
        "empty, the class occurs nowhere: leave it out of the mean.",
        "Begin with an empty list. For each number with a union above 0, append "
        "`(one & other).sum() / (one | other).sum()`. At the end divide the sum of the list by its "
        "length.",
    ],
    misconceptions=[
        Misconception(
            lambda truth, predicted, classes: float(np.mean(truth == predicted)),
            "That is the share of right pixels, the accuracy. A picture that is nearly all ground "
            "gets a high one for free; the mean IoU asks every class by itself.",
        ),
        Misconception(
            _each_class(absent=0.0),
            "A class that occurs in neither picture counts as 0 with you: a prediction without a "
            "single mistake would not get 1. Leave such a class out of the mean.",
            variants=[
                lambda truth, predicted, classes: (
                    sum(
                        ((truth == k) & (predicted == k)).sum()
                        / max(1, ((truth == k) | (predicted == k)).sum())
                        for k in range(classes)
                    )
                    / classes
                )
            ],
        ),
        Misconception(
            _each_class(absent=1.0),
            "A class that occurs in neither picture counts as 1 with you: the longer the list of "
            "classes, the better the mean. Leave such a class out.",
        ),
        Misconception(
            _each_class(lambda shared, ours, theirs: 2 * shared / (ours + theirs)),
            "That is the Dice coefficient: twice what is shared over the sum of both areas. IoU "
            "divides what is shared, once, by the union.",
        ),
        Misconception(
            _each_class(lambda shared, ours, theirs: shared / (ours + theirs)),
            "You divide by the sum of both areas, where the shared pixels count twice: so even "
            "equal pictures get ½. The union counts each pixel once.",
        ),
        Misconception(
            _each_class(lambda shared, ours, theirs: shared / ours if ours else 0.0),
            "You divide by the area of the truth alone. Then a network that paints everything with "
            "one class gets all of that class right. Divide by the union.",
        ),
        Misconception(
            _each_class(lambda shared, ours, theirs: shared / theirs if theirs else 0.0),
            "You divide by the area of the prediction alone. Then a single careful pixel is enough "
            "for a 1. Divide by the union.",
        ),
        Misconception(
            _each_class(wanted=lambda shared, ours, theirs: ours > 0),
            "You ask only the classes that the truth has. A class that was predicted where it isn't "
            "has to count as well, with 0: its union isn't empty.",
        ),
        Misconception(
            _each_class(wanted=lambda shared, ours, theirs: theirs > 0),
            "You ask only the classes that were predicted. A class that was overlooked altogether "
            "has to count as well, with 0: its union isn't empty.",
        ),
        Misconception(
            _each_class(wanted=lambda shared, ours, theirs: shared > 0),
            "You leave out every class with nothing in common, so that the worst classes don't "
            "count. Leave out only those whose *union* is empty.",
        ),
        Misconception(
            _each_class(first=1),
            "You begin with class 1. Class 0, the ground, is a class like the others here.",
        ),
        Misconception(
            _each_class(mean=lambda scores, sizes: np.average(scores, weights=sizes)),
            "You weigh each class by how many pixels it has, so that the ground decides. In the mean "
            "IoU every class weighs the same.",
        ),
        Misconception(
            _pooled,
            "You add up what is shared over all classes, and the unions, and divide once: large "
            "classes decide. Divide for each class, then take the mean.",
        ),
        Misconception(
            _of_the_truth_alone,
            "You stop at the largest class of the truth. A class with a higher number that was "
            "predicted where it isn't has to count, too, with 0: go through `range(classes)`.",
        ),
        Misconception(
            _picture_by_picture,
            "You take the mean IoU of each picture (or each row) and then the mean of those. Count "
            "the pixels of all pictures together first, then divide, once for each class.",
        ),
    ],
    well_done="A prediction that says ground everywhere: what is its accuracy on these scenes, and what "
    "its mean IoU?",
)

# --- IoU of two boxes ---------------------------------------------------------------------------


def my_box_iou(box, other):
    """Return the IoU of two boxes (top, left, bottom, right)."""
    height = max(0, min(box[2], other[2]) - max(box[0], other[0]))
    width = max(0, min(box[3], other[3]) - max(box[1], other[1]))
    shared = height * width
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (box, other)]
    return shared / (areas[0] + areas[1] - shared)


def _row_by_row(box, other):
    """Count the pixels of every row that a box touches; no grid has to be large enough."""
    shared = union = 0
    for row in range(min(box[0], other[0]), max(box[2], other[2])):
        ours, theirs = (
            set(range(b[1], b[3])) if b[0] <= row < b[2] else set() for b in (box, other)
        )
        shared, union = shared + len(ours & theirs), union + len(ours | theirs)
    return shared / union


def _box_iou_oracle(box, other):
    """Count pixels, as sets of (row, column)."""
    ours, theirs = (
        {(row, column) for row in range(b[0], b[2]) for column in range(b[1], b[3])}
        for b in (box, other)
    )
    return len(ours & theirs) / len(ours | theirs)


def _boxes(
    side: Callable = lambda low, high: max(0, high - low),
    area: Callable = lambda b: (b[2] - b[0]) * (b[3] - b[1]),
    ratio: Callable = lambda shared, one, other, hull: shared / (one + other - shared),
) -> Callable:
    """Return the IoU of two boxes with one of its parts exchanged."""

    def answer(box, other):
        shared = side(max(box[0], other[0]), min(box[2], other[2]))
        shared = shared * side(max(box[1], other[1]), min(box[3], other[3]))
        hull = (max(box[2], other[2]) - min(box[0], other[0])) * (
            max(box[3], other[3]) - min(box[1], other[1])
        )
        return ratio(shared, area(box), area(other), hull)

    return answer


def _one_side_clamped(rows: bool) -> Callable:
    """Make the height at least 0, or the width, and forget the other."""

    def answer(box, other):
        height = min(box[2], other[2]) - max(box[0], other[0])
        width = min(box[3], other[3]) - max(box[1], other[1])
        shared = max(0, height) * width if rows else height * max(0, width)
        areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (box, other)]
        return shared / (areas[0] + areas[1] - shared)

    return answer


def _painted_on_a_scene(box, other):
    """Paint both boxes on the 48 × 48 pixels of the notebook's scenes."""
    ours, theirs = (np.zeros((48, 48), bool) for _ in range(2))
    ours[box[0] : box[2], box[1] : box[3]] = True
    theirs[other[0] : other[2], other[1] : other[3]] = True
    return (ours & theirs).sum() / (ours | theirs).sum()


def _corner_and_size(box, other):
    """Take the last two numbers for height and width."""
    return my_box_iou(*((b[0], b[1], b[0] + b[2], b[1] + b[3]) for b in (box, other)))


def _both_ends(box, other):
    return _boxes(
        side=lambda low, high: max(0, high - low + 1),
        area=lambda b: (b[2] - b[0] + 1) * (b[3] - b[1] + 1),
    )(box, other)


def _hull_of_inner(box, other):
    """Mix up min and max: from the first edge to the last."""
    height = max(box[2], other[2]) - min(box[0], other[0])
    width = max(box[3], other[3]) - min(box[1], other[1])
    shared = height * width
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (box, other)]
    total = areas[0] + areas[1] - shared
    return shared / total if total else 0.0


def _random_box(rng: np.random.Generator) -> tuple[int, int, int, int]:
    top, left = (int(number) for number in rng.integers(0, 20, 2))
    height, width = (int(number) for number in rng.integers(5, 20, 2))
    return (top, left, top + height, left + width)


def _box_random(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(3):
        yield Case((_random_box(rng), _random_box(rng)))
    top, left, bottom, right = _random_box(rng)
    yield Case(
        ((top, left, bottom, right), (bottom + 3, right + 2, bottom + 8, right + 9)), "apart"
    )


box_iou = Exercise(
    name="box_iou",
    solution=my_box_iou,
    variants=[_row_by_row],
    oracle=_box_iou_oracle,
    cases=[
        Case(((0, 0, 2, 3), (0, 1, 2, 4)), "two columns shared, of four"),
        Case(((0, 0, 4, 4), (1, 2, 5, 6)), "the two worked by hand"),
        Case(((1, 1, 3, 3), (1, 1, 3, 3)), "the same box"),
        Case(((0, 0, 4, 4), (1, 1, 3, 3)), "one inside the other"),
        Case(((1, 1, 3, 3), (0, 0, 4, 5)), "the second around the first"),
        Case(((0, 0, 2, 2), (2, 0, 4, 2)), "they only touch"),
        Case(((0, 0, 2, 2), (5, 6, 9, 9)), "far apart, in rows and in columns"),
        Case(((0, 0, 4, 2), (1, 5, 3, 9)), "apart in columns only"),
        Case(((0, 1, 2, 5), (4, 2, 7, 4)), "apart in rows only"),
        Case(((2, 3, 7, 8), (4, 1, 9, 6)), "corner over corner"),
        Case(((40, 10, 70, 30), (42, 20, 120, 40)), "in a larger picture"),
        Case(((1000, 4990, 1012, 5003), (1004, 4995, 1015, 5010)), "in a very large picture"),
        Case(((-3, -2, 2, 4), (-1, 0, 3, 6)), "partly above the picture, and left of it"),
    ],
    random_cases=_box_random,
    tolerance=1e-9,
    hints=[
        "Where both boxes are, there is a box again (or nothing). It begins at the *later* of the two "
        "tops. Where does it end?",
        "Its height is `min(bottoms) - max(tops)`, its width likewise. Below 0 means that they share "
        "nothing: take 0 then, for each side by itself.",
        "With `shared = height * width` and the two areas, the union is `area + other_area - "
        "shared`. A side is its end less its beginning, without + 1.",
    ],
    misconceptions=[
        Misconception(
            _boxes(side=lambda low, high: high - low),
            "Look at two boxes that are apart in rows *and* in columns: both sides of your "
            "intersection are negative, and their product is positive. Make each side at least 0 "
            "before you multiply.",
            variants=[
                lambda box, other: _boxes(
                    side=lambda low, high: high - low,
                    ratio=lambda shared, one, two, hull: shared / (one + two - shared),
                )(box, other)
            ],
        ),
        Misconception(
            _boxes(
                side=lambda low, high: high - low,
                ratio=lambda shared, one, two, hull: max(0, shared) / (one + two - max(0, shared)),
            ),
            "You make the area at least 0, but only after multiplying. Two negative sides make a "
            "positive product: boxes far apart seem to share something. Make each *side* at least 0.",
        ),
        Misconception(
            _boxes(side=lambda low, high: abs(high - low)),
            "`abs` makes a gap between two boxes look like something they share. A negative side means "
            "that nothing is shared: `max(0, …)`.",
        ),
        Misconception(
            _one_side_clamped(rows=True),
            "The height is at least 0 with you, the width isn't: boxes that are apart in columns only "
            "get a negative IoU. `max(0, …)` for both sides.",
        ),
        Misconception(
            _one_side_clamped(rows=False),
            "The width is at least 0 with you, the height isn't: boxes that are apart in rows only "
            "get a negative IoU. `max(0, …)` for both sides.",
        ),
        Misconception(
            _painted_on_a_scene,
            "You paint the boxes on 48 × 48 pixels. That is right for our scenes, but a box may lie "
            "in a larger picture: work with the edges, not with pixels.",
        ),
        Misconception(
            _both_ends,
            "You add 1 to every side, as if the last row and column belonged to the box. Here boxes "
            "are half-open, as slices are: bottom − top rows.",
        ),
        Misconception(
            _boxes(side=lambda low, high: max(0, high - low + 1)),
            "The areas are right. The sides of what is shared are 1 too long: two boxes that only "
            "touch share nothing here.",
        ),
        Misconception(
            _boxes(ratio=lambda shared, one, other, hull: shared / (one + other)),
            "You divide by the sum of the two areas, where the shared part counts twice: equal boxes "
            "get ½. Take it away once.",
        ),
        Misconception(
            _boxes(ratio=lambda shared, one, other, hull: 2 * shared / (one + other)),
            "That is the Dice coefficient: twice what is shared over the sum of the areas. IoU divides "
            "by the union.",
        ),
        Misconception(
            _boxes(ratio=lambda shared, one, other, hull: shared / hull),
            "You divide by the box around both boxes. It has corners that belong to neither: the union "
            "is the two areas less what they share.",
        ),
        Misconception(
            _boxes(ratio=lambda shared, one, other, hull: shared / min(one, other)),
            "You divide by the smaller area. A tiny box somewhere inside a huge one would get 1: divide "
            "by the union.",
        ),
        Misconception(
            _boxes(ratio=lambda shared, one, other, hull: shared / max(one, other)),
            "You divide by the larger area. The union is larger still, unless one box lies inside the "
            "other.",
        ),
        Misconception(
            _boxes(ratio=lambda shared, one, other, hull: shared / one),
            "You divide by the area of the first box. Then it matters which box comes first; it "
            "shouldn't. Divide by the union.",
        ),
        Misconception(
            _boxes(ratio=lambda shared, one, other, hull: shared / other),
            "You divide by the area of the second box. Then it matters which box comes first; it "
            "shouldn't. Divide by the union.",
        ),
        Misconception(
            _corner_and_size,
            "You take the last two numbers for height and width. They are bottom and right: where the "
            "box ends.",
        ),
        Misconception(
            _hull_of_inner,
            "`min` and `max` have changed places: what both share begins at the *later* top and left "
            "and ends at the *earlier* bottom and right.",
        ),
        Misconception(
            _boxes(ratio=lambda shared, one, other, hull: shared),
            "That is the area which both share. Divide it by the area of the union.",
        ),
    ],
    well_done="Two boxes that don't touch get 0, a pixel apart or across the picture. Why is that a bad "
    "thing to do gradient descent on?",
)

# --- a heat map from maps and gradients ---------------------------------------------------------


def my_heat_map(maps, gradients):
    """Return the heat map (h, w) of maps (h, w, channels) and the gradients in them."""
    weights = gradients.mean(axis=(0, 1))
    return np.maximum((maps * weights).sum(axis=-1), 0)


def _heat_by_product(maps, gradients):
    weights = gradients.reshape(-1, gradients.shape[-1]).sum(axis=0) / gradients[..., 0].size
    heat = maps @ weights
    return heat * (heat > 0)


def _heat_oracle(maps, gradients):
    """Go through cells and channels one by one."""
    rows, columns, channels = maps.shape
    heat = np.zeros((rows, columns))
    for channel in range(channels):
        total = 0.0
        for row in range(rows):
            for column in range(columns):
                total += float(gradients[row, column, channel])
        for row in range(rows):
            for column in range(columns):
                heat[row, column] += total / (rows * columns) * float(maps[row, column, channel])
    return np.where(heat < 0, 0.0, heat)


def _heat(
    weigh: Callable = lambda gradients: gradients.mean(axis=(0, 1)),
    add: Callable = lambda products: products.sum(axis=-1),
    end: Callable = lambda heat: np.maximum(heat, 0),
) -> Callable:
    """Return the heat map with one of its parts exchanged."""
    return lambda maps, gradients: end(add(maps * weigh(gradients)))


def _to_one(heat):
    return heat / heat.max() if heat.max() > 0 else heat


def _heat_random(rng: np.random.Generator) -> Iterator[Case]:
    for rows, columns, channels in ((3, 4, 2), (4, 3, 3), (3, 3, 5)):
        maps = np.round(rng.uniform(0, 3, (rows, columns, channels)), 1)
        slopes = np.round(rng.normal(0, 1, (rows, columns, channels)), 1)
        slopes[..., 0] += 1
        slopes[..., 1] -= 1
        if channels == 3:  # as they are before ReLU
            maps = maps - 1.5
        yield Case((maps, slopes))


_TWO_MAPS = np.array([[[1.0, 0.0], [2.0, 1.0]], [[0.0, 3.0], [4.0, 1.0]]])
_TWO_SLOPES = np.array([[[2.0, -1.0], [0.0, -1.0]], [[4.0, 1.0], [2.0, -3.0]]])

heat_map = Exercise(
    name="heat_map",
    solution=my_heat_map,
    variants=[_heat_by_product],
    oracle=_heat_oracle,
    cases=[
        Case((_TWO_MAPS, _TWO_SLOPES), "two maps of 2 × 2, weights 2 and −1"),
        Case((_TWO_MAPS[..., :1], _TWO_SLOPES[..., :1]), "one map, weight 2"),
        Case((_TWO_MAPS, -_TWO_SLOPES), "the slopes with the other sign"),
        Case(
            (
                np.array([[[1.0, 2.0, 0.0], [0.0, 1.0, 5.0], [3.0, 0.0, 1.0]]]),
                np.array([[[0.5, 1.0, -1.0], [1.5, 0.0, -2.0], [1.0, -4.0, 0.0]]]),
            ),
            "three maps of 1 × 3",
        ),
        Case(
            (_TWO_MAPS - [0.0, 2.0], _TWO_SLOPES),
            "negative numbers in the second map, whose weight is −1",
        ),
        Case((1000 * _TWO_MAPS, 1000 * _TWO_SLOPES), "maps and slopes a thousand times as large"),
    ],
    random_cases=_heat_random,
    tolerance=1e-9,
    hints=[
        "Two steps. First a weight for each map: one number a channel, from its gradients. Then the "
        "maps, each times its weight, added up.",
        "`gradients.mean(axis=(0, 1))` leaves one number a channel. `maps * weights` multiplies each "
        "map by its own, because channels are the last axis.",
        "Add up over the last axis, `.sum(axis=-1)`, and end with `np.maximum(…, 0)`: what speaks "
        "against the class is left out.",
    ],
    misconceptions=[
        Misconception(
            _heat(end=lambda heat: heat),
            "All but the last step: cells that speak *against* the class are negative. ReLU leaves them "
            "out.",
        ),
        Misconception(
            _heat(end=np.abs),
            "You take the absolute value, so that what speaks against the class lights up as well. ReLU "
            "sets it to 0.",
        ),
        Misconception(
            _heat(weigh=lambda gradients: gradients.max(axis=(0, 1))),
            "Your weights are the largest gradients of each map. Take the mean.",
        ),
        Misconception(
            _heat(weigh=lambda gradients: gradients.sum(axis=(0, 1))),
            "You add up the gradients of a map and don't divide by how many there are: the map is right "
            "up to a factor, but a larger map would be brighter. Take the mean.",
        ),
        Misconception(
            _heat(weigh=lambda gradients: gradients),
            "You multiply each cell by its own gradient. That is another method (gradient times "
            "input). Here each map gets *one* weight first, the mean.",
        ),
        Misconception(
            _heat(weigh=lambda gradients: np.maximum(gradients.mean(axis=(0, 1)), 0)),
            "You apply ReLU to the weights, so that maps which speak against the class don't count at "
            "all. First add everything up; ReLU comes at the very end.",
        ),
        Misconception(
            _heat(end=lambda heat: heat, add=lambda products: np.maximum(products, 0).sum(-1)),
            "You apply ReLU to each weighted map before you add them up: what speaks against the class "
            "no longer takes anything away. First add everything up; ReLU comes at the very end.",
        ),
        Misconception(
            lambda maps, gradients: _heat()(np.maximum(maps, 0), gradients),
            "You apply ReLU to the maps before you weigh them. Maps may hold negative numbers, and they "
            "count: ReLU comes once, at the very end.",
        ),
        Misconception(
            _heat(weigh=lambda gradients: gradients.mean(axis=0)),
            "Your mean goes over the rows only: each column of a map has a weight of its own. One "
            "weight for a whole map: `axis=(0, 1)`.",
        ),
        Misconception(
            _heat(weigh=lambda gradients: gradients.mean()),
            "Your mean goes over all maps together: a single weight for everything. Each map needs its "
            "own: `axis=(0, 1)` leaves the channels.",
        ),
        Misconception(
            _heat(weigh=lambda gradients: gradients.mean(axis=-1)),
            "Your mean goes over the last axis, the maps: a number for each cell. A weight belongs to a "
            "whole map: take the mean over its rows and columns, `axis=(0, 1)`.",
        ),
        Misconception(
            _heat(weigh=lambda gradients: gradients.mean(axis=-1, keepdims=True)),
            "Your mean goes over the maps: each cell gets a weight, the same in all maps. A weight "
            "belongs to a whole map: take the mean over its rows and columns, `axis=(0, 1)`.",
        ),
        Misconception(
            _heat(end=lambda heat: np.clip(heat, 0, 1)),
            "You cut the heat off at 1. Below 0 it becomes 0, but upwards there is no limit.",
        ),
        Misconception(
            _heat(end=lambda heat: np.clip(heat, 0, 255)),
            "You cut the heat off at 255, as if it were a picture. Below 0 it becomes 0, but upwards "
            "there is no limit.",
        ),
        Misconception(
            _heat(weigh=lambda gradients: np.maximum(gradients, 0).mean(axis=(0, 1))),
            "You drop negative gradients before the mean. They count, too; ReLU comes at the very end.",
        ),
        Misconception(
            _heat(weigh=lambda gradients: np.abs(gradients).mean(axis=(0, 1))),
            "You average the sizes of the gradients without their signs. The sign says whether a map "
            "speaks for or against the class.",
        ),
        Misconception(
            _heat(add=lambda products: products.mean(axis=-1)),
            "You take the mean of the weighted maps. Add them up: otherwise a network with more maps has "
            "a paler heat map.",
        ),
        Misconception(
            _heat(add=lambda products: products.max(axis=-1)),
            "You keep only the strongest weighted map at each place. Add them up.",
        ),
        Misconception(
            _heat(weigh=lambda gradients: 1.0),
            "You add up the maps as they are. Without the gradients nothing says which class was asked "
            "for: the heat map would be the same for each.",
        ),
        Misconception(
            lambda maps, gradients: np.maximum(gradients.sum(axis=-1), 0),
            "You add up the gradients alone. They weigh the maps; the maps say where something is.",
        ),
        Misconception(
            _heat(add=lambda products: products.sum(axis=(0, 1))),
            "You add up over rows and columns: one number a map is left. Add up over the maps, the last "
            "axis, so that rows and columns are left.",
        ),
        Misconception(
            lambda maps, gradients: np.maximum(gradients * maps.mean(axis=(0, 1)), 0).sum(axis=-1),
            "Maps and gradients have changed places: the mean is taken of the gradients, and the maps "
            "are weighted.",
        ),
        Misconception(
            _heat(end=lambda heat: _to_one(np.maximum(heat, 0))),
            "The right map, scaled so that its largest value is 1, as one does to draw it. Asked for is "
            "the map as it comes out.",
        ),
    ],
    well_done="With global average pooling and one dense layer after the maps, the mean gradient is the "
    "dense layer's own weight, up to a factor. Can you see why?",
)

# --- style as a Gram matrix ---------------------------------------------------------------------


def my_gram(features):
    """Return the mean product (c, c) of each pair of feature maps of features (h, w, c)."""
    rows = features.reshape(-1, features.shape[-1])
    return rows.T @ rows / len(rows)


def _gram_pair_by_pair(features):
    channels = range(features.shape[-1])
    return np.array(
        [[(features[..., i] * features[..., j]).mean() for j in channels] for i in channels]
    )


def _gram_oracle(features):
    """Go from place to place and add up the products."""
    height, width, channels = features.shape
    total = np.zeros((channels, channels))
    for row in range(height):
        for column in range(width):
            total += np.multiply.outer(features[row, column], features[row, column])
    return total / (height * width)


def _gram_of(change: Callable) -> Callable:
    """Return the Gram matrix with something done to it: `change(sums, features)`."""

    def wrong(features):
        rows = features.reshape(-1, features.shape[-1])
        return change(rows.T @ rows, features)

    return wrong


def _gram_of_moved(features):
    channels = features.shape[-1]
    rows = features - features.mean(axis=(0, 1))
    return np.einsum("hwi,hwj->ij", rows, rows) / (features.size // channels)


def _gram_by_cov(features):
    return np.cov(features.reshape(-1, features.shape[-1]).T)


def _gram_by_corrcoef(features):
    return np.corrcoef(features.reshape(-1, features.shape[-1]).T)


def _gram_of_means(features):
    means = features.mean(axis=(0, 1))
    return np.outer(means, means)


def _gram_of_scrambled(features):
    maps = features.reshape(features.shape[-1], -1)
    return maps @ maps.T / maps.shape[1]


def _gram_of_lengths(features):
    rows = features.reshape(-1, features.shape[-1])
    lengths = np.sqrt((rows**2).sum(axis=0))
    return rows.T @ rows / np.outer(lengths, lengths)


def _gram_of_places(features):
    rows = features.reshape(-1, features.shape[-1])
    return rows @ rows.T / len(rows)


def _gram_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape in ((2, 3, 2), (3, 2, 4), (4, 5, 3), (3, 3, 3)):
        yield Case((np.round(rng.normal(0.5, 1, shape), 2),))


gram = Exercise(
    name="gram",
    solution=my_gram,
    variants=[_gram_pair_by_pair],
    oracle=_gram_oracle,
    cases=[
        Case(
            (np.array([[[1.0, 0.0], [2.0, 1.0]], [[0.0, 3.0], [1.0, 1.0]]]),),
            "the two maps worked by hand",
        ),
        Case((np.array([[[2.0], [4.0]]]),), "a single map of two places"),
        Case((np.array([[[1.0, 2.0, 3.0]]]),), "three maps of a single place"),
        Case(
            (np.array([[[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 4.0]]]),),
            "two maps that are never strong together",
        ),
        Case((np.arange(12.0).reshape(2, 3, 2),), "two rows, three columns"),
    ],
    random_cases=_gram_random,
    tolerance=1e-9,
    hints=[
        "The result has a row and a column for each *map*. The places are only summed over: their order "
        "and their grid don't matter. So first forget the grid.",
        "`rows = features.reshape(-1, features.shape[-1])` has a row for each place and a column for each "
        "map. Which product of two matrices takes column times column?",
        "`rows.T @ rows` adds up the products over all places. Divide by the number of places, "
        "`len(rows)`.",
    ],
    misconceptions=[
        Misconception(
            _gram_of(lambda sums, features: sums),
            "You add the products up and stop. Asked for is their mean: divide by the number of places, "
            "or a larger picture would have more of every style.",
        ),
        Misconception(
            _gram_of(lambda sums, features: sums / features.size),
            "You divide by all numbers, the maps included. Each entry is a sum over the places only: "
            "divide by height times width.",
        ),
        Misconception(
            _gram_of(lambda sums, features: sums / features.shape[-1]),
            "You divide by the number of maps. Each entry is a sum over the places: divide by their "
            "number, height times width.",
        ),
        Misconception(
            _gram_of(lambda sums, features: sums / len(features)),
            "You divide by the number of rows of the grid. `len(features)` is the height alone; there "
            "are height times width places.",
        ),
        Misconception(
            _gram_of_places,
            "Your result has a row for each place: it compares places, summed over the maps. The other "
            "way round: `rows.T @ rows` compares maps, summed over the places.",
            variants=[_gram_of(lambda sums, features: _gram_of_places(features))],
        ),
        Misconception(
            lambda features: (features**2).mean(axis=-1),
            "You average over the maps and keep the places: that is a picture. Style does it the other "
            "way round: sum over the places, keep the pairs of maps.",
        ),
        Misconception(
            _gram_of_means,
            "You average each map first and multiply the means. Then nothing says whether two maps are "
            "strong at the *same* places: multiply first, place by place, then average.",
        ),
        Misconception(
            _gram_of_moved,
            "You take each map's mean away first: that is the covariance. The Gram matrix multiplies the "
            "maps as they are.",
        ),
        Misconception(
            _gram_by_cov,
            "That is the covariance, `np.cov`: it takes each map's mean away first, and divides by one "
            "less than the number of places. The Gram matrix multiplies the maps as they are.",
        ),
        Misconception(
            lambda features: np.cov(features.reshape(-1, features.shape[-1]).T, bias=True),
            "That is `np.cov` with `bias=True`: it takes each map's mean away first. The Gram matrix "
            "multiplies the maps as they are.",
        ),
        Misconception(
            _gram_by_corrcoef,
            "That is the correlation, `np.corrcoef`: it takes the means away and makes the diagonal 1. "
            "The Gram matrix keeps how strong each map is.",
        ),
        Misconception(
            _gram_of(lambda sums, features: sums / (features[..., 0].size - 1)),
            "You divide by one less than the number of places, as one does for a sample's variance. "
            "Here it is a plain mean over all places.",
        ),
        Misconception(
            lambda features: (features**2).mean(axis=(0, 1)),
            "These are the products of each map with itself, the diagonal. The pairs of *different* maps "
            "are missing.",
        ),
        Misconception(
            _gram_of(lambda sums, features: np.diag(np.diag(sums)) / features[..., 0].size),
            "Your diagonal is right, but everything beside it is 0. Different maps are multiplied with "
            "each other, too.",
        ),
        Misconception(
            _gram_of_scrambled,
            "The maps got mixed up: `reshape` keeps the order of the numbers, and in memory the maps' "
            "numbers alternate. Make rows of places, `reshape(-1, c)`, and transpose.",
        ),
        Misconception(
            _gram_of_lengths,
            "You divide by the lengths of the maps, so that only angles are left and the diagonal is 1. "
            "Here the strength of a map counts: divide by the number of places only.",
        ),
    ],
    well_done="Swap two pixels of the picture: what changes in the Gram matrix of the *pixels*, and what in "
    "that of a convolution's maps?",
)

# --- a convolution in three dimensions ----------------------------------------------------------


def my_conv3d(volume, kernel):
    """Slide kernel (e, k, m) over volume (d, h, w), unflipped, without padding."""
    e, k, m = kernel.shape
    depth, height, width = np.array(volume.shape) - kernel.shape + 1
    result = np.zeros((depth, height, width))
    for z in range(depth):
        for row in range(height):
            for column in range(width):
                window = volume[z : z + e, row : row + k, column : column + m]
                result[z, row, column] = (window * kernel).sum()
    return result


def _windows(volume, kernel):
    return np.lib.stride_tricks.sliding_window_view(volume, kernel.shape)


def _conv3d_in_one_go(volume, kernel):
    return np.einsum("zyxekm,ekm->zyx", _windows(volume, kernel), kernel)


def _conv3d_oracle(volume, kernel):
    """Add moved copies of the volume, one for each number of the kernel."""
    size = tuple(v - k + 1 for v, k in zip(volume.shape, kernel.shape, strict=True))
    result = np.zeros(size)
    for (e, k, m), weight in np.ndenumerate(kernel):
        result += weight * volume[e : e + size[0], k : k + size[1], m : m + size[2]]
    return result


def _padded(volume, kernel):
    before = [(k - 1) // 2 for k in kernel.shape]
    widths = [(b, k - 1 - b) for b, k in zip(before, kernel.shape, strict=True)]
    return np.pad(volume, widths)


def _slice_by_slice(volume, kernel):
    """Convolve each slice of the volume with the kernel's first slice."""
    return np.array([_conv3d_oracle(each[np.newaxis], kernel[:1])[0] for each in volume])


def _collapsed(volume, kernel):
    """Treat the depth as channels: a flat result, summed over the kernel's slices."""
    return _conv3d_oracle(volume[: len(kernel)], kernel)[0]


def _added_up(volume, kernel):
    return _conv3d_oracle(volume, kernel).sum(axis=0)


def _flat_kernel(volume, kernel):
    """Slide the sum of the kernel's slices over each slice."""
    flat = kernel.sum(axis=0, keepdims=True)
    return _conv3d_oracle(volume, flat)


def _side_by_side(volume, kernel):
    step = tuple(slice(None, None, k) for k in kernel.shape)
    return _conv3d_oracle(volume, kernel)[step]


def _one_short(volume, kernel):
    return _conv3d_oracle(volume, kernel)[:-1, :-1, :-1]


def _in_the_volumes_corner(volume, kernel):
    """Write the sums into an array as large as the volume."""
    found = _conv3d_oracle(volume, kernel)
    result = np.zeros(volume.shape)
    result[tuple(slice(size) for size in found.shape)] = found
    return result


def _in_the_volumes_dtype(volume, kernel):
    return _conv3d_oracle(volume, kernel).astype(volume.dtype)


def _conv3d_random(rng: np.random.Generator) -> Iterator[Case]:
    for shape, kernel in (((3, 3, 3), (2, 2, 2)), ((4, 3, 5), (2, 2, 3)), ((4, 5, 4), (3, 2, 2))):
        yield Case(
            (
                rng.integers(-4, 5, shape).astype(float),
                rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 4.0], kernel),
            )
        )
    # quarters and eighths: sums of their products are exact, and seldom whole
    yield Case((rng.integers(-9, 10, (3, 4, 3)) / 4, rng.choice([-0.5, 0.375, 1.25], (2, 2, 2))))


_CORNERS = np.zeros((3, 3, 3))
_CORNERS[0, 0, 0], _CORNERS[2, 2, 1] = 1.0, 5.0

conv3d = Exercise(
    name="conv3d",
    solution=my_conv3d,
    variants=[_conv3d_in_one_go],
    oracle=_conv3d_oracle,
    cases=[
        Case(
            (_CORNERS, np.arange(1.0, 9.0).reshape(2, 2, 2)),
            "a volume of 3 × 3 × 3 with two numbers that are not 0",
        ),
        Case(
            (np.arange(27.0).reshape(3, 3, 3), np.array([[[1.0, 0], [0, 0]], [[0, 0], [0, -1]]])),
            "a kernel that takes the opposite corner away",
        ),
        Case(
            (np.arange(40.0).reshape(2, 4, 5) % 7, np.arange(12.0).reshape(2, 2, 3)),
            "2 × 4 × 5 with a kernel of 2 × 2 × 3: a single slice comes out",
        ),
        Case(
            (np.arange(8.0).reshape(2, 2, 2), np.full((1, 1, 1), 3.0)),
            "a kernel of a single number",
        ),
        Case(
            (np.arange(8.0).reshape(2, 2, 2) - 3, np.arange(8.0).reshape(2, 2, 2)), "a single place"
        ),
        Case(
            (np.arange(27).reshape(3, 3, 3) % 5, np.array([[[0.5, 0.25]], [[-0.75, 1.0]]])),
            "a volume of whole numbers, a kernel of quarters",
        ),
    ],
    random_cases=_conv3d_random,
    tolerance=1e-9,
    hints=[
        "It is notebook 08's convolution with one loop more: the kernel moves along three axes. What "
        "shape does the result have?",
        "Along each axis there are (size of the volume) − (size of the kernel) + 1 places. At place "
        "`z, row, column` the window is `volume[z : z + e, row : row + k, column : column + m]`.",
        "In the innermost loop: `result[z, row, column] = (window * kernel).sum()`.",
    ],
    misconceptions=[
        Misconception(
            lambda volume, kernel: _conv3d_oracle(volume, kernel[::-1, ::-1, ::-1]),
            "Your kernel is flipped along all three axes. That is the convolution of mathematics; "
            "networks slide the kernel as it is.",
        ),
        Misconception(
            lambda volume, kernel: _conv3d_oracle(volume, kernel[::-1]),
            "Your kernel runs backwards in depth. Its first slice belongs on the window's first slice.",
        ),
        Misconception(
            lambda volume, kernel: _conv3d_oracle(volume, kernel[:, ::-1, ::-1]),
            "Your kernel is flipped in rows and columns. That is the convolution of mathematics, and only "
            "along two of the three axes; networks slide the kernel as it is.",
        ),
        Misconception(
            _in_the_volumes_corner,
            "Your sums are right, but the array that you write them into is as large as the volume, and "
            "zeros are left at its ends. It needs (volume) − (kernel) + 1 places along each axis.",
        ),
        Misconception(
            _in_the_volumes_dtype,
            "Your result has the volume's dtype: for a volume of whole numbers, what comes after the "
            "decimal point is cut off. `np.zeros(shape)`, without a dtype, keeps it.",
        ),
        Misconception(
            _slice_by_slice,
            "You go through the slices one by one with the kernel's first slice only: nothing looks into "
            "the depth. The window is a block, and so is the kernel.",
        ),
        Misconception(
            _flat_kernel,
            "You add up the kernel's slices first and slide the sum over each slice of the volume. Each "
            "slice of the kernel belongs on another slice of the window.",
        ),
        Misconception(
            _collapsed,
            "You treat the depth as channels: the kernel stays at the front and a flat picture comes out. "
            "In three dimensions the kernel moves in depth, too.",
        ),
        Misconception(
            _added_up,
            "Every sum is right, but you add them up over the depth. The result keeps its third axis.",
            variants=[lambda volume, kernel: sum(_conv3d_oracle(volume, kernel))],
        ),
        Misconception(
            lambda volume, kernel: np.einsum("zyxekm,ekm->zyxe", _windows(volume, kernel), kernel),
            "You add the products over rows and columns and keep one sum for each slice of the kernel. "
            "All products of a window make *one* number.",
        ),
        Misconception(
            lambda volume, kernel: _conv3d_oracle(_padded(volume, kernel), kernel),
            "Your result is as large as the volume: you put zeros around it. Asked for is a convolution "
            "without padding.",
        ),
        Misconception(
            _one_short,
            "You stop a place too early along each axis. Count for 3 and 2: the kernel begins at 0 and at "
            "1, that is 3 − 2 + 1 = 2 places.",
        ),
        Misconception(
            _side_by_side,
            "Your windows lie side by side, as in pooling. A convolution moves by one voxel at a time.",
        ),
        Misconception(
            lambda volume, kernel: _conv3d_oracle(volume, kernel).astype(int),
            "Your result holds whole numbers only: what comes after the decimal point is cut off. "
            "`np.zeros(shape)`, without `int`, keeps it.",
        ),
        Misconception(
            lambda volume, kernel: _conv3d_oracle(volume, kernel) / kernel.size,
            "You take the mean of the products. A convolution is their sum.",
        ),
        Misconception(
            lambda volume, kernel: _windows(volume, kernel).sum(axis=(3, 4, 5)),
            "You add up the windows as they are, and the kernel's numbers nowhere come in. Multiply "
            "first.",
        ),
    ],
    well_done="How many multiplications does one place take with a kernel of 3 × 3 × 3, and how many with "
    "32 channels on top?",
)
