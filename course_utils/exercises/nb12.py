"""The exercises of notebook 12, a CNN sees colour."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from course_utils.checks import Case, Exercise, Misconception

# --- from a file's records to pictures ----------------------------------------------------------


def my_prepare(records, labels, side):
    """Return pictures (n, side, side, 3) and labels (n,) of records that are channel after channel."""
    pictures = records.reshape(-1, 3, side, side)
    return np.moveaxis(pictures, 1, -1), labels[:, 0]


def _prepare_by_rows(records, labels, side):
    return records.reshape(-1, 3, side, side).transpose(0, 2, 3, 1), labels.reshape(-1)


def _prepare_stacked(records, labels, side):
    area = side * side
    planes = [records[:, start : start + area] for start in (0, area, 2 * area)]
    return np.stack(planes, axis=-1).reshape(-1, side, side, 3), labels.squeeze(axis=1)


def _prepare_oracle(records, labels, side):
    """Fetch every number from its place in the file."""
    n, area = len(records), side * side
    pictures = np.zeros((n, side, side, 3), records.dtype)
    for i in range(n):
        for row in range(side):
            for column in range(side):
                for channel in range(3):
                    place = channel * area + row * side + column
                    pictures[i, row, column, channel] = records[i, place]
    return pictures, np.array([label for (label,) in labels], labels.dtype)


def _reshaped_only(records, labels, side):
    return records.reshape(-1, side, side, 3), labels[:, 0]


def _channels_still_first(records, labels, side):
    return records.reshape(-1, 3, side, side), labels[:, 0]


def _turned_over(records, labels, side):
    return records.reshape(-1, 3, side, side).T.transpose(3, 0, 1, 2), labels[:, 0]


def _blue_first(records, labels, side):
    return my_prepare(records, labels, side)[0][..., ::-1], labels[:, 0]


def _already_scaled(records, labels, side):
    return my_prepare(records, labels, side)[0] / 255, labels[:, 0]


def _labels_as_columns(records, labels, side):
    return my_prepare(records, labels, side)[0], labels


def _prepare_random(rng: np.random.Generator) -> Iterator[Case]:
    for n, side in ((2, 3), (5, 4)):
        records = rng.integers(0, 256, (n, 3 * side * side), dtype=np.uint8)
        yield Case((records, rng.integers(0, 10, (n, 1), dtype=np.uint8), side))


_TWO_BY_TWO = np.array([[11, 12, 13, 14, 21, 22, 23, 24, 31, 32, 33, 34]], dtype=np.uint8)

prepare = Exercise(
    name="prepare",
    solution=my_prepare,
    variants=[_prepare_by_rows, _prepare_stacked],
    oracle=_prepare_oracle,
    cases=[
        Case(
            (_TWO_BY_TWO, np.array([[3]], dtype=np.uint8), 2),
            "one picture of 2 × 2: red 11 to 14, green 21 to 24, blue 31 to 34",
        ),
        Case(
            (
                np.array([[200, 100, 50], [1, 2, 3]], dtype=np.uint8),
                np.array([[9], [0]], dtype=np.uint8),
                1,
            ),
            "two pictures of a single pixel",
        ),
    ],
    random_cases=_prepare_random,
    tolerance=0,
    same_dtype=True,
    hints=[
        "Take the record 11 12 13 14 21 22 23 24 31 32 33 34 of a 2 × 2 picture: four reds, four "
        "greens, four blues. Which three numbers belong to the pixel at the upper left?",
        "`reshape` never moves a number: it only draws new borders into the row. In which shape do "
        "the borders fall between the colours?",
        "First (n, 3, side, side), which is how the numbers lie in the file. Then `np.moveaxis` "
        "brings the colours from axis 1 to the end.",
    ],
    misconceptions=[
        Misconception(
            _reshaped_only,
            "The bug is still there (yours, or the colleague's). The shapes and the labels are right. "
            "Now look at the pixel at the upper left of the 2 × 2 picture: from which places of the "
            "record do its three numbers come?",
        ),
        Misconception(
            _channels_still_first,
            "The colours are taken apart rightly, but they still stand before height and width. "
            "Keras expects them last, so move that axis.",
        ),
        Misconception(
            _turned_over,
            "The colours are right, but rows and columns have changed places: every picture lies on "
            "its side. Only the axis of the colours should move.",
            variants=[
                lambda records, labels, side: (
                    records.reshape(-1, 3, side, side).swapaxes(1, 3),
                    labels[:, 0],
                )
            ],
        ),
        Misconception(
            _blue_first,
            "Your colours come in the order blue, green, red. The record begins with red, and red is "
            "channel 0.",
        ),
        Misconception(
            _already_scaled,
            "You divided by 255. The network below begins with a `Rescaling` layer, so that would be "
            "done twice: leave the pixels as they are.",
        ),
        Misconception(
            _labels_as_columns,
            "The pictures are right. The labels still have the shape (n, 1), a column; compared with "
            "n predictions of shape (n,) that makes an n × n table. Wanted is (n,).",
        ),
    ],
    well_done="No error message would have told you: the wrong shape has the right size. One look "
    "at one picture does.",
)

# --- standardising channel by channel -----------------------------------------------------------


def my_standardise(train, pictures):
    """Return pictures, each channel less the training part's mean and divided by its spread."""
    mean = train.mean(axis=(0, 1, 2))
    spread = train.std(axis=(0, 1, 2))
    return (pictures - mean) / spread


def _standardise_pixels_in_a_row(train, pictures):
    rows = train.reshape(-1, train.shape[-1])
    return (pictures - rows.mean(axis=0)) / rows.std(axis=0)


def _standardise_oracle(train, pictures):
    """Work on one channel after the other, with sums."""
    result = np.zeros(pictures.shape)
    for channel in range(train.shape[-1]):
        values = [int(value) for value in train[..., channel].ravel()]
        mean = sum(values) / len(values)
        variance = sum((value - mean) ** 2 for value in values) / len(values)
        result[..., channel] = (pictures[..., channel] - mean) / variance**0.5
    return result


def _by_own_statistics(train, pictures):
    return my_standardise(pictures, pictures)


def _all_channels_together(train, pictures):
    return (pictures - train.mean()) / train.std()


def _pixel_by_pixel(train, pictures):
    return (pictures - train.mean(axis=0)) / train.std(axis=0)


def _picture_by_picture(train, pictures):
    mean, spread = (f(pictures, axis=(1, 2, 3), keepdims=True) for f in (np.mean, np.std))
    return (pictures - mean) / spread


def _only_centred(train, pictures):
    return pictures - train.mean(axis=(0, 1, 2))


def _by_variance(train, pictures):
    return (pictures - train.mean(axis=(0, 1, 2))) / train.var(axis=(0, 1, 2))


def _spread_of_all(train, pictures):
    return (pictures - train.mean(axis=(0, 1, 2))) / train.std()


def _own_together(train, pictures):
    return (pictures - pictures.mean()) / pictures.std()


def _by_255(train, pictures):
    return pictures / 255


def _rows_and_columns_only(train, pictures):
    return (pictures - train.mean(axis=(1, 2))) / train.std(axis=(1, 2))


def _over_the_channels(train, pictures):
    return (pictures - train.mean(axis=-1)) / train.std(axis=-1)


def _one_less(train, pictures):
    return (pictures - train.mean(axis=(0, 1, 2))) / train.std(axis=(0, 1, 2), ddof=1)


def _back_to_bytes(train, pictures):
    return my_standardise(train, pictures).astype(np.uint8)


def _standardise_random(rng: np.random.Generator) -> Iterator[Case]:
    for n, side in ((4, 2), (6, 3)):
        low, high = np.array([10, 60, 100]), np.array([110, 120, 250])
        train = rng.integers(low, high, (n, side, side, 3)).astype(np.uint8)
        pictures = rng.integers(0, 256, (n - 1, side, side, 3), dtype=np.uint8)
        yield Case((train, pictures))


standardise = Exercise(
    name="standardise",
    solution=my_standardise,
    variants=[_standardise_pixels_in_a_row],
    oracle=_standardise_oracle,
    cases=[
        Case(
            (
                np.array(
                    [[[[10, 40, 0]], [[30, 60, 50]]], [[[10, 60, 50]], [[30, 40, 0]]]], np.uint8
                ),
                np.array([[[[20, 50, 25]], [[40, 70, 100]]]], np.uint8),
            ),
            "means 20, 50, 25; spreads 10, 10, 25",
        ),
    ],
    random_cases=_standardise_random,
    tolerance=1e-6,
    hints=[
        "Three channels need three means and three spreads. Over which axes of (n, h, w, 3) do you "
        "average, so that three numbers are left?",
        "`axis=(0, 1, 2)` averages over pictures, rows and columns, and leaves the channels.",
        "What stands for `pictures` may be a validation or test part, even a single picture. Whose "
        "means and spreads does the network know?",
    ],
    misconceptions=[
        Misconception(
            _by_own_statistics,
            "You use the means and spreads of `pictures` themselves. The network learned with those of "
            "the training part: the same colour must become the same number ever after.",
        ),
        Misconception(
            _all_channels_together,
            "You use one mean and one spread for everything. Each channel has its own.",
        ),
        Misconception(
            _pixel_by_pixel,
            "You average over the pictures only, so each *place* gets a mean of its own. Average over "
            "rows and columns, too.",
        ),
        Misconception(
            _picture_by_picture,
            "Each of your pictures has its own mean: a dark picture and a bright one become alike. "
            "Average over all training pictures, channel by channel.",
        ),
        Misconception(
            _only_centred,
            "The means are right. Then divide by the spread of each channel (`std`).",
        ),
        Misconception(
            _by_variance,
            "You divide by the variance. The spread is its square root, `std`.",
        ),
        Misconception(
            _spread_of_all,
            "The means are right, one a channel. But you divide by one spread for all channels: "
            "`std` needs the same axes as `mean`.",
        ),
        Misconception(
            _own_together,
            "Two things at once: you measure on `pictures`, where the network has learned with the "
            "scale of `train`; and you take one mean and one spread for all three channels.",
        ),
        Misconception(
            _by_255,
            "You divide by 255, as our `Rescaling` layer does. Here each channel is to have mean 0 and "
            "spread 1 on the training part: subtract its mean, divide by its `std`.",
        ),
        Misconception(
            _rows_and_columns_only,
            "You average over rows and columns, so each training picture has means of its own. "
            "Average over the pictures, axis 0, as well: only the channels stay apart.",
        ),
        Misconception(
            _over_the_channels,
            "You average *over* the channels, axis -1, and so mix red, green and blue. That is the one "
            "axis to keep: average over the three others.",
        ),
        Misconception(
            _one_less,
            "Nearly: your `std` divides by n - 1 (`ddof=1`). Leave that out: with millions of pixels it "
            "makes no difference, with the few of this case it does.",
        ),
        Misconception(
            _back_to_bytes,
            "You turn the result back into bytes. It lies around 0, half of it below, and bytes know "
            "neither a minus nor a fraction.",
        ),
    ],
    well_done="Our network learns without it: a `Rescaling` layer is simpler, and the same for every "
    "picture. Which of the two would you trust with pictures from another camera?",
)

# --- counting the parameters of a CNN -----------------------------------------------------------


def my_cnn_parameters(shape, maps, hidden, classes):
    """Return the number of weights and biases: groups of 3 × 3 and pooling, then two dense layers."""
    height, width, channels = shape
    total = 0
    for count in maps:
        total += (3 * 3 * channels + 1) * count
        height, width, channels = height // 2, width // 2, count
    total += (height * width * channels + 1) * hidden
    return total + (hidden + 1) * classes


def _cnn_parameters_oracle(shape, maps, hidden, classes):
    """Count the entries of arrays that have those shapes, and pool a picture to see its size."""
    picture = np.broadcast_to(0, shape)
    sizes = []
    for count in maps:
        sizes += [(3, 3, picture.shape[2], count), (count,)]
        picture = np.broadcast_to(picture[1::2, 1::2, :1], (*picture[1::2, 1::2].shape[:2], count))
    sizes += [(picture.size, hidden), (hidden,), (hidden, classes), (classes,)]
    return sum(np.broadcast_to(0, size).size for size in sizes)


def _count_cnn(
    shape,
    maps,
    hidden,
    classes,
    *,
    kernel=lambda channels: 9 * channels,
    biases=lambda nodes: nodes,
    map_biases=None,
    halve=lambda side: side // 2,
    flat=lambda height, width, channels: height * width * channels,
    output=True,
    depth=None,
):
    """Count with one part exchanged: each misconception is one such part."""
    height, width, channels = shape
    channels = channels if depth is None else depth
    total = 0
    for count in maps:
        total += kernel(channels) * count + (map_biases or biases)(count)
        height, width, channels = halve(height), halve(width), count
    total += flat(height, width, channels) * hidden + biases(hidden)
    return total + (hidden * classes + biases(classes) if output else 0)


def _flat_kernels(shape, maps, hidden, classes):
    return _count_cnn(shape, maps, hidden, classes, kernel=lambda channels: 9)


def _colour_forgotten(shape, maps, hidden, classes):
    return _count_cnn(shape, maps, hidden, classes, depth=1)


def _no_biases(shape, maps, hidden, classes):
    return _count_cnn(shape, maps, hidden, classes, biases=lambda nodes: 0)


def _one_bias_a_layer(shape, maps, hidden, classes):
    return _count_cnn(shape, maps, hidden, classes, biases=lambda nodes: 1)


def _pooling_forgotten(shape, maps, hidden, classes):
    return _count_cnn(shape, maps, hidden, classes, halve=lambda side: side)


def _maps_forgotten(shape, maps, hidden, classes):
    return _count_cnn(
        shape, maps, hidden, classes, flat=lambda height, width, channels: height * width
    )


def _no_biases_of_maps(shape, maps, hidden, classes):
    return _count_cnn(shape, maps, hidden, classes, map_biases=lambda nodes: 0)


def _not_flattened(shape, maps, hidden, classes):
    return _count_cnn(shape, maps, hidden, classes, flat=lambda height, width, channels: channels)


def _depth_of_the_picture(shape, maps, hidden, classes):
    return _count_cnn(shape, maps, hidden, classes, kernel=lambda channels: 9 * shape[2])


def _square(shape, maps, hidden, classes):
    return _count_cnn(
        shape, maps, hidden, classes, flat=lambda height, width, channels: height**2 * channels
    )


def _rounded_up(shape, maps, hidden, classes):
    return _count_cnn(shape, maps, hidden, classes, halve=lambda side: -(-side // 2))


def _unpadded(shape, maps, hidden, classes):
    return _count_cnn(shape, maps, hidden, classes, halve=lambda side: max(side - 2, 0) // 2)


def _output_forgotten(shape, maps, hidden, classes):
    return _count_cnn(shape, maps, hidden, classes, output=False)


def _parameters_random(rng: np.random.Generator) -> Iterator[Case]:
    for groups in (1, 2, 3):
        side, channels, hidden, classes = (
            int(n) for n in rng.integers((20, 2, 3, 2), (41, 5, 30, 12))
        )
        maps = [int(n) for n in rng.integers(2, 20, groups)]
        yield Case(((side, side + 3, channels), maps, hidden, classes))


cnn_parameters = Exercise(
    name="cnn_parameters",
    solution=my_cnn_parameters,
    oracle=_cnn_parameters_oracle,
    cases=[
        Case(((8, 8, 3), [2], 5, 4), "one group of 2 maps"),
        Case(((8, 8, 1), [2], 5, 4), "the same for a grey picture"),
        Case(((32, 32, 3), [32, 64, 64], 64, 10), "the network above"),
        Case(((30, 30, 3), [4, 6], 3, 2), "30 → 15 → 7"),
    ],
    random_cases=_parameters_random,
    tolerance=0,
    hints=[
        "Walk through the network with two things in hand: the size of what comes out, and the total "
        "so far. Begin with `height, width, channels = shape`.",
        "A kernel of 3 × 3 reads every channel below it: 3 × 3 × channels weights, and one bias. "
        "There are as many kernels as maps come out.",
        "After the pooling, height and width are halved (`// 2`), and the channels are the maps. The "
        "first dense layer reads height × width × channels numbers.",
    ],
    misconceptions=[
        Misconception(
            _flat_kernels,
            "Each of your kernels has 9 weights. A kernel has depth: it reads all maps of the layer "
            "below at once, so it has 3 × 3 × channels weights.",
        ),
        Misconception(
            _colour_forgotten,
            "Your first layer reads one channel only. How many are there is the last number of "
            "`shape`: three for colour.",
        ),
        Misconception(
            _no_biases,
            "The weights are right. Now the biases: one for each map, and one for each node of the "
            "dense layers.",
        ),
        Misconception(
            _one_bias_a_layer,
            "You count one bias per layer. Each map has its own, and so has each dense node.",
        ),
        Misconception(
            _pooling_forgotten,
            "You left out the pooling. It has no parameters, but it halves height and width, and the "
            "first dense layer reads what is left.",
        ),
        Misconception(
            _maps_forgotten,
            "Flatten puts *all* maps into one row: height × width × maps numbers, not height × "
            "width.",
        ),
        Misconception(
            _no_biases_of_maps,
            "The dense layers are right. The convolutions have biases too: one for each map.",
        ),
        Misconception(
            _not_flattened,
            "Your first dense layer reads one number of each map. Flatten gives it all of them: height "
            "× width × maps, with the height and width that the pooling has left.",
        ),
        Misconception(
            _depth_of_the_picture,
            "All your kernels are as deep as the *picture*. From the second group on a kernel reads "
            "the maps of the group before: let `channels` become the number of maps.",
        ),
        Misconception(
            _square,
            "You take width and height for equal. `shape` gives both: a picture need not be square.",
        ),
        Misconception(
            _rounded_up,
            "Where the side is odd you round up. A window of 2 × 2 that hangs over the edge is not "
            "used: 15 becomes 7.",
        ),
        Misconception(
            _unpadded,
            'You let each convolution shrink its picture by 2. With padding "same" the size stays: '
            "only the pooling halves it.",
        ),
        Misconception(
            _output_forgotten,
            "The last layer is missing: its nodes, one per class, have weights and biases too.",
        ),
    ],
    well_done="Which of the layers takes more than half of all numbers, and how would you save them?",
)

# --- over-fitting in a history ------------------------------------------------------------------


def my_turning_point(history):
    """Return the epoch of the lowest validation loss if over-fitting follows it, else 0."""
    val_loss, loss = history["val_loss"], history["loss"]
    best = val_loss.index(min(val_loss))
    over_fits = val_loss[-1] > val_loss[best] and loss[-1] < loss[best]
    return best + 1 if over_fits else 0


def _turning_point_by_arrays(history):
    val_loss, loss = np.array(history["val_loss"]), np.array(history["loss"])
    best = val_loss.argmin()
    return int(best + 1) * int((val_loss[-1] > val_loss[best]) & (loss[-1] < loss[best]))


def _turning_point_oracle(history):
    """Go through the epochs and keep the best one, as somebody with a pencil would."""
    lowest, epoch, at_lowest = float("inf"), 0, float("inf")
    for number, (loss, val_loss) in enumerate(
        zip(history["loss"], history["val_loss"], strict=True), start=1
    ):
        if val_loss < lowest:
            lowest, epoch, at_lowest = val_loss, number, loss
    return epoch if val_loss > lowest and loss < at_lowest else 0


def _signs(history, best) -> bool:
    """Tell whether both signs of over-fitting show after epoch `best`, counted from 0."""
    val_loss, loss = history["val_loss"], history["loss"]
    return val_loss[-1] > val_loss[best] and loss[-1] < loss[best]


def _lowest_training_loss(history):
    return int(np.argmin(history["loss"])) + 1


def _counted_from_zero(history):
    found = my_turning_point(history)
    return found - 1 if found else 0


def _best_accuracy(history):
    best = int(np.argmax(history["val_accuracy"]))
    return best + 1 if _signs(history, best) else 0


def _first_rise(history):
    val_loss = history["val_loss"]
    for epoch in range(1, len(val_loss)):
        if val_loss[epoch] > val_loss[epoch - 1]:
            return epoch if _signs(history, int(np.argmin(val_loss))) else 0
    return 0


def _training_not_asked(history):
    val_loss = history["val_loss"]
    best = int(np.argmin(val_loss))
    return best + 1 if val_loss[-1] > val_loss[best] else 0


def _asking(rises, falls):
    """Return an answer that asks for one of the two signs, or both, in a way of its own."""

    def answer(history):
        loss, val_loss = history["loss"], history["val_loss"]
        best = int(np.argmin(val_loss))
        return best + 1 if rises(val_loss, best) and falls(loss, val_loss, best) else 0

    return answer


def _risen_and(falls):
    return _asking(lambda val_loss, best: val_loss[-1] > val_loss[best], falls)


def _fallen_and(rises):
    return _asking(rises, lambda loss, val_loss, best: loss[-1] < loss[best])


def _rises_throughout(values, best) -> bool:
    return best < len(values) - 1 and all(np.diff(values[best:]) > 0)


def _always_an_epoch(history):
    return int(np.argmin(history["val_loss"])) + 1


def _bare_place(history):
    return int(np.argmin(history["val_loss"]))


def _first_parting(history):
    steps = zip(np.diff(history["loss"]), np.diff(history["val_loss"]), strict=True)
    return next((epoch for epoch, (fall, rise) in enumerate(steps, 1) if rise > 0 > fall), 0)


def _the_epoch_after(history):
    found = my_turning_point(history)
    return found + 1 if found else 0


def _any_gap(history):
    for epoch, (loss, val_loss) in enumerate(
        zip(history["loss"], history["val_loss"], strict=True), 1
    ):
        if val_loss > loss:
            return epoch
    return 0


def _curves(loss, val_loss, val_accuracy):
    return {"loss": loss, "val_loss": val_loss, "val_accuracy": val_accuracy}


def _turning_random(rng: np.random.Generator) -> Iterator[Case]:
    for n, turn in ((8, 0.4), (12, 0.5), (9, 1.0)):
        steps = np.arange(n)
        loss = np.round(2.3 * 0.8**steps + rng.normal(0, 0.01, n), 3)
        away = np.abs(steps - int(turn * (n - 1)))
        val_loss = np.round(1.4 + 0.08 * away + rng.normal(0, 0.03, n), 3)
        accuracy = np.round(rng.uniform(0.3, 0.6, n), 3)
        yield Case((_curves(loss.tolist(), val_loss.tolist(), accuracy.tolist()),))


turning_point = Exercise(
    name="turning_point",
    solution=my_turning_point,
    variants=[_turning_point_by_arrays],
    oracle=_turning_point_oracle,
    cases=[
        Case(
            (
                _curves(
                    [2.0, 1.5, 1.1, 0.7, 0.4],
                    [1.9, 1.6, 1.5, 1.7, 2.0],
                    [0.3, 0.4, 0.45, 0.47, 0.46],
                ),
            ),
            "validation turns, training goes on falling",
        ),
        Case(
            (_curves([2.0, 1.6, 1.3], [1.9, 1.7, 1.6], [0.3, 0.4, 0.5]),),
            "still getting better: a gap alone is not over-fitting",
        ),
        Case(
            (_curves([1.9, 1.6, 2.2, 2.4], [1.8, 1.7, 2.1, 2.3], [0.3, 0.4, 0.2, 0.1]),),
            "both get worse: training has gone wrong, which has another name",
        ),
        Case(
            (
                _curves(
                    [2.0, 1.7, 1.5, 1.3, 1.1, 0.9],
                    [1.9, 1.7, 1.75, 1.6, 1.65, 1.8],
                    [0.3, 0.4, 0.38, 0.45, 0.5, 0.48],
                ),
            ),
            "a small bump before the lowest point",
        ),
        Case(
            (_curves([2.0, 1.0, 1.6, 1.4], [2.0, 1.5, 2.0, 2.5], [0.3, 0.5, 0.4, 0.4]),),
            "training ends better than it began, but worse than in epoch 2",
        ),
        Case(
            (_curves([2.0, 1.0, 0.9, 1.2], [2.0, 1.5, 2.0, 2.5], [0.3, 0.5, 0.4, 0.4]),),
            "training falls a little longer, then ends worse than in epoch 2",
        ),
        Case(
            (_curves([1.0, 0.8, 1.3], [1.1, 1.0, 2.0], [0.6, 0.7, 0.5]),),
            "both get worse than they were at first",
        ),
        Case(
            (
                _curves(
                    [2.0, 1.5, 1.0, 0.6, 0.8],
                    [2.0, 1.5, 1.6, 1.8, 1.9],
                    [0.3, 0.4, 0.42, 0.41, 0.42],
                ),
            ),
            "training loss ends a little above its lowest, and far below epoch 2",
        ),
        Case(
            (
                _curves(
                    [2.0, 1.5, 1.0, 0.7, 0.4],
                    [2.0, 1.5, 1.7, 1.9, 1.8],
                    [0.3, 0.4, 0.42, 0.41, 0.42],
                ),
            ),
            "validation loss ends a little below its highest, and above epoch 2",
        ),
        Case(
            (
                _curves(
                    [2.0, 1.0, 1.5, 1.4, 0.9],
                    [2.0, 1.5, 1.8, 1.7, 1.9],
                    [0.3, 0.5, 0.42, 0.44, 0.46],
                ),
            ),
            "a jump after the turn; at the end both signs show",
        ),
        Case(
            (_curves([2.0, 2.1, 1.4, 0.9], [2.1, 2.2, 1.6, 1.8], [0.2, 0.2, 0.4, 0.45]),),
            "a bad second epoch, long before the turn",
        ),
        Case(
            (
                _curves(
                    [2.0, 1.5, 1.0, 0.9, 0.85, 0.8],
                    [1.6, 1.7, 1.5, 1.58, 1.52, 1.55],
                    [0.4, 0.38, 0.45, 0.43, 0.44, 0.44],
                ),
            ),
            "validation loss ends lower than it began, but above epoch 3",
        ),
    ],
    random_cases=_turning_random,
    tolerance=0,
    hints=[
        "Which of the lists tells how well the network does on pictures that it doesn't learn from, "
        "and is finer than accuracy? Find its lowest value.",
        "`values.index(min(values))` is the place of the lowest value, counted from 0. Epochs are "
        "counted from 1.",
        "Two signs make over-fitting: at the end, validation loss is higher than at that place, and "
        "training loss is lower than at that place. If one is missing, return 0.",
    ],
    misconceptions=[
        Misconception(
            _lowest_training_loss,
            "You look at the training loss, which nearly always falls to the end. The turn shows in "
            "the validation loss.",
        ),
        Misconception(
            _counted_from_zero,
            "You count epochs from 0. The first epoch is epoch 1 here.",
        ),
        Misconception(
            _best_accuracy,
            "You look for the best validation accuracy. It can go on rising a little while the loss "
            "already grows: the network gets surer of its mistakes. Ask the loss.",
        ),
        Misconception(
            _first_rise,
            "You take the epoch before the first rise. That can be a small bump: ask for the lowest "
            "point of the whole curve.",
        ),
        Misconception(
            _training_not_asked,
            "The first sign is right: validation loss has risen. But look at the case where *training* "
            "loss has risen too. That is training gone wrong, not over-fitting: return 0 there.",
        ),
        Misconception(
            _risen_and(lambda loss, val_loss, best: loss[-1] < loss[0]),
            "You compare the last training loss with that of the *first* epoch. What counts is what "
            "happened after the turn: compare it with the epoch you found.",
        ),
        Misconception(
            _risen_and(lambda loss, val_loss, best: val_loss[-1] > loss[-1]),
            "Your second sign is a gap: validation loss above training loss. That is normal. Asked for "
            "is a training loss that is lower at the end than in the epoch you found.",
        ),
        Misconception(
            _risen_and(lambda loss, val_loss, best: loss[-1] < loss[-2]),
            "You compare the last two training losses. Compare the last one with that of the epoch you "
            "found: a single step tells little.",
        ),
        Misconception(
            _risen_and(lambda loss, val_loss, best: loss[-1] == min(loss)),
            "You ask that training loss ends at its very lowest. A small wiggle at the end doesn't undo "
            "over-fitting: compare the end with the epoch you found.",
        ),
        Misconception(
            _risen_and(lambda loss, val_loss, best: all(np.diff(loss[best:]) < 0)),
            "You ask that training loss falls in *every* epoch after the turn. Single epochs jump up "
            "and down: compare only the end with the epoch you found.",
        ),
        Misconception(
            _risen_and(lambda loss, val_loss, best: all(np.diff(loss) < 0)),
            "You ask that training loss falls in *every* epoch, from the first. Single epochs jump up "
            "and down, also before the turn: compare only the end with the epoch you found.",
        ),
        Misconception(
            _risen_and(
                lambda loss, val_loss, best: (
                    sum(loss[best + 1 :]) < loss[best] * len(loss[best + 1 :])
                )
            ),
            "You average training loss over the epochs after the turn. Asked for is its last value "
            "alone.",
        ),
        Misconception(
            _fallen_and(lambda val_loss, best: val_loss[-1] > val_loss[-2]),
            "You compare the last two validation losses. Compare the last one with that of the epoch "
            "you found: a single step tells little.",
        ),
        Misconception(
            _fallen_and(
                lambda val_loss, best: val_loss[-1] == max(val_loss[best:]) > val_loss[best]
            ),
            "You ask that validation loss ends at its highest. It need only be higher than in the epoch "
            "you found.",
        ),
        Misconception(
            _fallen_and(_rises_throughout),
            "You ask that validation loss rises in *every* epoch after the turn. Single epochs jump up "
            "and down: compare only the end with the epoch you found.",
        ),
        Misconception(
            _fallen_and(lambda val_loss, best: val_loss[-1] > val_loss[0]),
            "You compare the last validation loss with the *first*. What counts is what happened after "
            "the turn: compare it with the epoch you found.",
        ),
        Misconception(
            _asking(_rises_throughout, lambda loss, val_loss, best: all(np.diff(loss[best:]) < 0)),
            "You ask for both signs in *every* epoch after the turn. Single epochs jump up and down: "
            "compare only the end, in both lists, with the epoch you found.",
        ),
        Misconception(
            _asking(
                lambda val_loss, best: val_loss[-1] > val_loss[-2],
                lambda loss, val_loss, best: loss[-1] < loss[-2],
            ),
            "You look at the last step only, in both lists. Compare the end with the epoch you found: "
            "a single step tells little.",
        ),
        Misconception(
            _risen_and(lambda loss, val_loss, best: min(loss) < loss[best]),
            "You ask whether training loss was *ever* lower than in the epoch you found. It may have "
            "risen again since: asked for is the end.",
        ),
        Misconception(
            _always_an_epoch,
            "You always name an epoch. Where nothing has turned by the end, or the training loss "
            "rises as well, the answer is 0.",
        ),
        Misconception(
            _bare_place,
            "You found the lowest point. Two things are missing: epochs are counted from 1, places in a "
            "list from 0; and where the two signs of over-fitting don't show at the end, the answer is "
            "0.",
        ),
        Misconception(
            _first_parting,
            "You name the first step in which validation loss rises while training loss falls. That can "
            "be a small bump: take the lowest point of the whole curve, and then look at the end.",
        ),
        Misconception(
            _the_epoch_after,
            "You name the first epoch after the turn. Asked for is the lowest point itself: its "
            "weights are the ones to keep.",
        ),
        Misconception(
            _any_gap,
            "You take the first epoch in which validation loss is above training loss. Such a gap is "
            "normal. Over-fitting begins where validation loss turns upwards.",
        ),
    ],
    well_done="`keras.callbacks.EarlyStopping(restore_best_weights=True)` does this for you. And "
    "notebook 13 tries to move the turning point instead.",
)

# --- the pair that is confused most -------------------------------------------------------------


def my_most_confused(matrix):
    """Return the classes (i, j), i < j, that are taken for each other most often, both ways added."""
    both = np.triu(matrix + matrix.T, 1)
    i, j = np.unravel_index(both.argmax(), both.shape)
    return int(i), int(j)


def _most_confused_by_loops(matrix):
    n = len(matrix)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    return max(pairs, key=lambda pair: matrix[pair] + matrix[pair[::-1]])


def _most_confused_oracle(matrix):
    """Sort all pairs by their count."""
    n = len(matrix)
    found = sorted(
        (int(matrix[i][j]) + int(matrix[j][i]), i, j) for j in range(n) for i in range(j)
    )
    return found[-1][1:]


def _sorted_pair(place) -> tuple[int, int]:
    low, high = sorted(int(n) for n in place)
    return low, high


def _diagonal_included(matrix):
    return tuple(int(n) for n in np.unravel_index((matrix + matrix.T).argmax(), matrix.shape))


def _one_way_only(matrix):
    off = matrix - np.diag(np.diag(matrix))
    return _sorted_pair(np.unravel_index(off.argmax(), off.shape))


def _one_way_as_it_stands(matrix):
    off = matrix - np.diag(np.diag(matrix))
    return tuple(int(n) for n in np.unravel_index(off.argmax(), off.shape))


def _upper_half_only(matrix):
    half = np.triu(matrix, 1)
    return tuple(int(n) for n in np.unravel_index(half.argmax(), half.shape))


def _difference_of_both(matrix):
    both = np.triu(np.abs(matrix - matrix.T), 1)
    return tuple(int(n) for n in np.unravel_index(both.argmax(), both.shape))


def _no_diagonal(matrix):
    return np.where(np.eye(len(matrix), dtype=bool), -1, matrix)


def _largest_pair(scores) -> tuple[int, int]:
    return _sorted_pair(np.unravel_index(_no_diagonal(scores).argmax(), scores.shape))


def _multiplied(matrix):
    return _largest_pair(matrix * matrix.T)


def _smaller_of_both(matrix):
    return _largest_pair(np.minimum(matrix, matrix.T))


def _shares_of_rows(matrix):
    shares = matrix / matrix.sum(axis=1, keepdims=True)
    return _largest_pair(shares + shares.T)


def _shares_of_columns(matrix):
    shares = matrix / matrix.sum(axis=0)
    return _largest_pair(shares + shares.T)


def _one_share(matrix):
    return _largest_pair(matrix / matrix.sum(axis=1, keepdims=True))


def _most_missed_classes(matrix):
    missed = matrix.sum(axis=1) - np.diag(matrix)
    return _sorted_pair(np.argsort(missed, kind="stable")[-2:])


def _greater_first(matrix):
    return my_most_confused(matrix)[::-1]


def _counted_from_one(matrix):
    i, j = my_most_confused(matrix)
    return i + 1, j + 1


def _confused_random(rng: np.random.Generator) -> Iterator[Case]:
    for n in (4, 6, 10):
        matrix = rng.integers(0, 8, (n, n)) * 2
        i, j = _sorted_pair(rng.choice(n, 2, replace=False))
        matrix[i, j], matrix[j, i] = 15, 16  # added up, more than any other pair can have
        a, b = _sorted_pair(rng.choice([k for k in range(n) if k not in (i, j)], 2, replace=False))
        matrix[a, b], matrix[b, a] = rng.permutation([23, 7])  # but this is the largest count
        matrix[i, a], matrix[a, i] = 18, 0  # and this the most one-sided pair
        matrix[np.diag_indices(n)] = rng.integers(40, 90, n)
        yield Case((matrix,))


most_confused = Exercise(
    name="most_confused",
    solution=my_most_confused,
    variants=[_most_confused_by_loops],
    oracle=_most_confused_oracle,
    cases=[
        Case((np.array([[50, 3, 1], [4, 60, 0], [5, 1, 55]]),), "3 + 4, 1 + 5 or 0 + 1?"),
        Case((np.array([[9, 2], [1, 8]]),), "only one pair"),
        Case(
            (np.array([[70, 2, 2, 0], [2, 80, 1, 6], [9, 0, 75, 7], [0, 5, 7, 60]]),),
            "the largest single count is 9",
        ),
        Case(
            (np.array([[50, 9, 6], [1, 60, 4], [3, 4, 55]]),),
            "9 + 1 are more than 6 + 3 or 4 + 4",
        ),
        Case(
            (np.array([[90, 8, 2], [7, 92, 1], [3, 0, 7]]),),
            "class 2 has ten pictures, the others a hundred: 8 + 7 are more than 2 + 3",
        ),
    ],
    random_cases=_confused_random,
    tolerance=0,
    hints=[
        "Cats taken for dogs stand in one half of the matrix, dogs taken for cats in the other. "
        "What does `matrix + matrix.T` hold at (cat, dog)?",
        "The diagonal holds what was right: it must not win. `np.triu(m, 1)` keeps only what stands "
        "above the diagonal, and so each pair once.",
        "`np.unravel_index(m.argmax(), m.shape)` gives row and column of the largest number.",
    ],
    misconceptions=[
        Misconception(
            _diagonal_included,
            "You found a number on the diagonal: a class taken for itself. That is what was right; "
            "leave the diagonal out.",
        ),
        Misconception(
            _one_way_only,
            "You found the largest single count. Add both ways first: i taken for j, and j taken for "
            "i.",
        ),
        Misconception(
            _one_way_as_it_stands,
            "You found the largest single count, row first. Add both ways, i taken for j and j taken "
            "for i, and name the smaller class first.",
        ),
        Misconception(
            _upper_half_only,
            "You look above the diagonal only. What stands below it is the same pair, confused the "
            "other way: add it.",
        ),
        Misconception(
            _difference_of_both,
            "You subtract one way from the other: that finds the most one-sided pair. Add them.",
        ),
        Misconception(
            _multiplied,
            "You multiply the two ways. That prefers pairs whose ways are equal: 4 and 4 would win "
            "over 9 and 1. Add them.",
        ),
        Misconception(
            _smaller_of_both,
            "You take the smaller of the two ways. Then 4 and 4 would win over 9 and 1, though these "
            "are more mistakes. Add them.",
        ),
        Misconception(
            _shares_of_rows,
            "You add shares of the rows. Asked for are counts: of a rare class a few mistakes are a "
            "large share. Add the entries as they are.",
        ),
        Misconception(
            _shares_of_columns,
            "You add shares of the columns. Asked for are counts: of a rare answer a few mistakes are a "
            "large share. Add the entries as they are.",
        ),
        Misconception(
            _one_share,
            "You found the largest single share of a row. Asked for are counts, and both ways: i taken "
            "for j, and j taken for i, added up.",
        ),
        Misconception(
            _most_missed_classes,
            "You found the two classes with the most mistakes. They need not be mistaken for each "
            "other: look at pairs.",
        ),
        Misconception(
            _greater_first,
            "The pair is right. Name the smaller class first.",
        ),
        Misconception(
            _counted_from_one,
            "The pair is right, but you count classes from 1. Class 0 is the first, as in the labels.",
        ),
    ],
    well_done="Would more training pictures of these two classes help, or does the picture at 32 × 32 "
    "not hold what tells them apart?",
)
