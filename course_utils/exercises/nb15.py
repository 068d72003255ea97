"""The exercises of notebook 15, transfer learning."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from course_utils.checks import Case, Exercise, Misconception, ProbeExercise

# --- a new answer on top of what was learned ------------------------------------------------------


def my_reuse(old, classes):
    """Return a model: old without its last layer, frozen, and a new answer for so many classes."""
    import keras

    features = keras.Model(old.inputs[0], old.layers[-2].output)
    features.trainable = False  # these layers are shared with old: they are frozen there, too
    return keras.Sequential([features, keras.layers.Dense(classes, activation="softmax")])


def _reuse_functional(old, classes):
    import keras

    features = keras.Sequential(old.layers[:-1])
    features.trainable = False
    picture = keras.Input(old.input_shape[1:])
    answer = keras.layers.Dense(classes, activation="softmax")
    return keras.Model(picture, answer(features(picture, training=False)))


def _reuse_one_chain(old, classes):
    import keras

    for layer in old.layers[:-1]:
        layer.trainable = False
    answer = keras.layers.Dense(classes, activation="softmax")
    return keras.Model(old.inputs[0], answer(old.layers[-2].output))


def _reuse_softmax_as_a_layer(old, classes):
    import keras

    model = _reuse_with(old, classes, activation=None)
    return keras.Sequential([model, keras.layers.Softmax()])


_OLD_CLASSES = 6
_NEW_CLASSES = (4, 6, 3)  # six again, so that a colleague's answer of six is no give-away


def _old_network(seed: int = 0):
    """Return a small network with every kind of layer of the notebook's, as after a training."""
    import keras

    network = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Rescaling(1 / 64, offset=-2),
            keras.layers.Conv2D(5, 3, padding="same", use_bias=False),
            keras.layers.MaxPooling2D(),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.GlobalMaxPooling2D(),
            keras.layers.Dense(_OLD_CLASSES, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(seed)
    for weight in network.weights:
        weight.assign(rng.uniform(0.2, 1.2, weight.shape) * rng.choice([-1, 1, 1], weight.shape))
    norm = network.layers[3]
    norm.moving_variance.assign(rng.uniform(0.5, 2, norm.moving_variance.shape))
    norm.gamma.assign(rng.uniform(0.5, 2, norm.gamma.shape))
    return network


def _reuse_with(
    old,
    classes,
    cut: int = -2,
    activation: str | None = "softmax",
    freeze=lambda features: setattr(features, "trainable", False),
    before=(),
    between=(),
):
    """Build the answer with one of its parts exchanged."""
    import keras

    features = keras.Model(old.inputs[0], old.layers[cut].output)
    freeze(features)
    answer = keras.layers.Dense(classes, activation=activation)
    return keras.Sequential(
        [*(make() for make in before), features, *(make() for make in between), answer]
    )


def _freeze_convolutions_only(features):
    import keras

    for layer in features.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.trainable = False


def _freeze_each_weight(features):
    for weight in features.weights:
        weight.trainable = False


def _layer(name: str, *arguments, **settings):
    """Return a function that makes a layer of Keras's."""

    def make():
        import keras

        return getattr(keras.layers, name)(*arguments, **settings)

    return make


def _all_frozen(old, classes):
    model = my_reuse(old, classes)
    model.trainable = False
    return model


def _thawed_inside(old, classes):
    model = _all_frozen(old, classes)
    model.layers[-1].trainable = True
    return model


def _stacked(old, classes):
    import keras

    return keras.Sequential([old, keras.layers.Dense(classes, activation="softmax")])


def _popped(old, classes):
    import keras

    old.pop()
    old.trainable = False
    old.add(keras.layers.Dense(classes, activation="softmax"))
    return old


def _popped_and_wrapped(old, classes):
    old.pop()
    old.trainable = False
    return _stacked(old, classes)


def _from_scratch(old, classes):
    import keras

    fresh = keras.models.clone_model(old)
    return my_reuse(fresh, classes)


def _softmax_twice(old, classes):
    return _reuse_with(old, classes, between=[_layer("Softmax")])


def _features_only(old, classes):
    import keras

    return keras.Model(old.inputs[0], old.layers[-2].output)


def _probe_reuse(answer):
    import keras

    for classes in _NEW_CLASSES:
        old = _old_network(classes)
        before = [array.copy() for array in old.get_weights()]
        known = keras.Model(old.inputs[0], old.layers[-2].output)
        pictures = np.random.default_rng(classes).integers(0, 256, (7, 8, 8, 3)).astype("float32")
        features = np.asarray(known(pictures))
        old_answers = np.asarray(old(pictures))
        model = answer(old, classes)
        if not isinstance(model, keras.Model):
            return "What comes back should be a Keras model that takes pictures."
        after = old.get_weights()
        same_shapes = [array.shape for array in after] == [array.shape for array in before]
        if not same_shapes or (model is old and not np.array_equal(after[-2], before[-2])):
            return "old changed"
        if model is old:
            return "the old model"
        if not all(np.array_equal(a, b) for a, b in zip(before, after, strict=True)):
            return "The weights of `old` have changed: it should only be read."
        finding = _judge_reuse(model, classes, pictures, features, old_answers)
        if finding is not None:
            return finding
    return None


def _judge_reuse(model, classes, pictures, features, old_answers):
    """Return the key of what is wrong with a model, or None."""
    try:
        says = np.asarray(model(pictures, training=False))
    except Exception:
        return "Your model can't read pictures of the size that `old` reads."
    if says.shape == features.shape and np.allclose(says, features, atol=1e-4):
        return "no answer"
    if says.ndim > 2:
        return "cut too early"
    if np.array_equal(says, old_answers):
        return "the old model"
    if says.shape != (len(pictures), classes):
        return "other classes"
    kernels = [weight for weight in model.trainable_weights if len(weight.shape) > 1]
    if not model.trainable_weights:
        return "all frozen"
    shapes = [tuple(weight.shape) for weight in kernels]
    if (old_answers.shape[1], classes) in shapes:
        return "on the old answers"
    if any(len(weight.shape) == 4 for weight in kernels):
        return "not frozen"
    if len(kernels) > 1:
        return "another layer"
    if len(kernels) == 0 or shapes != [(features.shape[1], classes)]:
        return "cut too early"
    vectors = [weight for weight in model.trainable_weights if len(weight.shape) == 1]
    if len(vectors) > 1:
        return "normalisation learns"
    # With the random weights of the start all probabilities may be 0 or 1, and then softmax and
    # sigmoid say the same. So the new layer is judged with weights that make sums of a few units.
    rng = np.random.default_rng(classes)
    kernel = rng.uniform(-1, 1, shapes[0])
    kernel *= 1.5 / np.std(features @ kernel)
    kernels[0].assign(kernel)
    bias = rng.uniform(-1, 1, classes) if vectors else 0.0
    if vectors:
        vectors[0].assign(bias)
    sums = features @ kernel + bias
    return _judge_answers(model, pictures, sums, np.asarray(model(pictures, training=False)))


def _judge_answers(model, pictures, sums, says):
    """Return the key of what is wrong between the features and the probabilities, or None."""

    def softmax(sums):
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    if np.allclose(says, sums, atol=1e-3) or np.allclose(says, np.maximum(sums, 0), atol=1e-3):
        return "bare sums"
    if np.allclose(says, 1 / (1 + np.exp(-sums)), atol=1e-4):
        return "sigmoid"
    if not np.allclose(says, softmax(sums), atol=1e-4):
        return "other features"
    # a random layer may do nothing once
    training = [np.asarray(model(pictures, training=True)) for _ in range(3)]
    if all(np.allclose(each, says, atol=1e-4) for each in training):
        return None
    if all(np.array_equal(each, training[0]) for each in training):
        return "batch statistics"
    return "not the same in training"


reuse = ProbeExercise(
    name="reuse",
    solution=my_reuse,
    probe=_probe_reuse,
    expects="a Keras model from pictures to probabilities",
    needs=["keras"],
    variants=[
        _reuse_functional,
        _reuse_one_chain,
        _reuse_softmax_as_a_layer,
        lambda old, classes: _reuse_with(old, classes),
    ],
    hints=[
        "Two parts: what is taken over, and what is new. Up to which layer of `old` do the numbers say "
        "what is *in* the picture, and from which on, which of the old classes it is?",
        "`keras.Model(old.inputs[0], old.layers[-2].output)` is everything but the last layer. Which "
        "attribute of a model freezes it, with all its layers?",
        "With `features.trainable = False`, put `features` and a new `Dense` layer into a "
        "`keras.Sequential`. How many nodes has it, and which activation makes probabilities of sums?",
    ],
    misconceptions=[
        Misconception(
            lambda old, classes: _reuse_with(old, classes, freeze=lambda features: None),
            "What you took over isn't frozen: the first steps with a random new layer would "
            "change all that was learned. Set `trainable` of the part you took over to False.",
            key="not frozen",
        ),
        Misconception(
            lambda old, classes: _reuse_with(old, classes, freeze=_freeze_convolutions_only),
            "The kernels are frozen, but batch normalisation still learns its γ and β, and rewrites its "
            "notes with every batch. Freeze the whole part: `features.trainable = False`.",
            key="normalisation learns",
        ),
        Misconception(
            _all_frozen,
            "Now nothing is left to learn: the new layer is frozen, too. Freeze only the part that you "
            "took over. (An outer model's switch wins: frozen as a whole, it learns nothing, even if a "
            "layer in it is thawed again.)",
            key="all frozen",
            variants=[_thawed_inside],
        ),
        Misconception(
            lambda old, classes: _reuse_with(old, classes, cut=-1),
            "Your new layer reads the six old probabilities: all it learns of a picture is how much it "
            "looks like each old class. Cut one layer earlier, where the features are.",
            key="on the old answers",
            variants=[
                lambda old, classes: _reuse_with(
                    old, classes, cut=-1, freeze=lambda features: setattr(features, "trainable", 0)
                ),
                _stacked,
            ],
        ),
        Misconception(
            lambda old, classes: old,
            "That is the old network with its old answers. The new classes need a layer of their own.",
            key="the old model",
        ),
        Misconception(
            _popped,
            "You took the last layer off `old` itself: whoever still needs the old network has lost its "
            "answers. Leave `old` as it is, and build a new model from its layers.",
            key="old changed",
            variants=[_popped_and_wrapped],
        ),
        Misconception(
            lambda old, classes: my_reuse(old, _OLD_CLASSES),
            "Your model doesn't answer with one number for each *new* class. The argument `classes` says "
            "how many nodes the new layer has.",
            key="other classes",
            variants=[
                lambda old, classes: my_reuse(old, classes + 1),
                lambda old, classes: my_reuse(old, classes - 1),
                lambda old, classes: my_reuse(old, _OLD_CLASSES + classes),
            ],
        ),
        Misconception(
            lambda old, classes: _reuse_with(old, classes, activation="sigmoid"),
            "Sigmoid judges each class by itself, so that your numbers don't add up to 1. One picture, one "
            "class: softmax.",
            key="sigmoid",
        ),
        Misconception(
            lambda old, classes: _reuse_with(old, classes, activation=None),
            "Your new layer gives bare sums, or those above 0. What turns sums into probabilities?",
            key="bare sums",
            variants=[lambda old, classes: _reuse_with(old, classes, activation="relu")],
        ),
        Misconception(
            _from_scratch,
            "The layers are there, but not what they had learned: your features of a picture differ from "
            "those of `old`. (A clone begins with new random weights, and nothing may come in between.)",
            key="other features",
            variants=[
                lambda old, classes: _reuse_with(
                    old, classes, before=[_layer("Rescaling", 1 / 255)]
                ),
                _softmax_twice,
            ],
        ),
        Misconception(
            lambda old, classes: _reuse_with(old, classes, cut=-3, between=[_layer("Flatten")]),
            "You cut too early: maps, and not one number a channel, reach your new layer. Global pooling is "
            "part of what you take over.",
            key="cut too early",
            variants=[lambda old, classes: _reuse_with(old, classes, cut=-3)],
        ),
        Misconception(
            lambda old, classes: _reuse_with(old, classes, between=[_layer("Dense", 8, "relu")]),
            "It works, but more is new than the answer: asked for is a single new layer. With a few "
            "examples, every further number to learn is one to learn by heart.",
            key="another layer",
        ),
        Misconception(
            lambda old, classes: _reuse_with(old, classes, between=[_layer("Dropout", 0.5)]),
            "In training your model answers otherwise than in reading: something in it is random. Here the "
            "features have to be the same every time, so that they need computing only once.",
            key="not the same in training",
            variants=[
                lambda old, classes: _reuse_with(
                    old, classes, before=[_layer("RandomFlip", "horizontal")]
                ),
            ],
        ),
        Misconception(
            lambda old, classes: _reuse_with(old, classes, freeze=_freeze_each_weight),
            "Each weight is frozen by itself, but in training batch normalisation still goes by the batch "
            "at hand, and rewrites its notes. Only a frozen *layer* reads from them: "
            "`features.trainable = False`.",
            key="batch statistics",
        ),
        Misconception(
            _features_only,
            "That is the part to take over, as it is. Now the new answer: a dense layer on top of it.",
            key="no answer",
        ),
    ],
    well_done="How many numbers are left to learn, for 128 features and 4 classes? And beware: a model "
    "built like this shares its layers with `old`. They are frozen there, too, and whoever thaws and "
    "trains them changes `old`: the notebook copies its base first (`clone_model`, `set_weights`).",
)

# --- the price of a depthwise convolution ---------------------------------------------------------


def my_depthwise(height, width, side, inputs, outputs):
    """Return (numbers to learn, multiplications) of a depthwise and a 1 × 1 convolution."""
    learned = side * side * inputs + inputs * outputs
    return learned, height * width * learned


def _depthwise_in_parts(height, width, side, inputs, outputs):
    depthwise, pointwise = side**2 * inputs, inputs * outputs
    places = height * width
    return depthwise + pointwise, places * depthwise + places * pointwise


def _depthwise_oracle(height, width, side, inputs, outputs):
    """Count one by one: each weight, and at each place each product."""
    kernels = [np.ones((side, side)) for _ in range(inputs)]
    columns = [np.ones(inputs) for _ in range(outputs)]
    weights = products = 0
    for array in (*kernels, *columns):
        weights += len(array.ravel())
    for _ in range(height):
        for _ in range(width):
            products += sum(int(array.sum()) for array in (*kernels, *columns))
    return weights, products


def _counted(learned, places=lambda h, w, k: h * w):
    """Return a count with one of its parts exchanged: `learned(k, i, o)`."""

    def count(height, width, side, inputs, outputs):
        numbers = learned(side, inputs, outputs)
        return numbers, places(height, width, side) * numbers

    return count


def _right_count(k, i, o):
    return k * k * i + i * o


def _depthwise_random(rng: np.random.Generator) -> Iterator[Case]:
    for side in (3, 5, 7):
        height, width = (int(n) for n in rng.choice(np.arange(side + 1, 16), 2, replace=False))
        inputs, outputs = (int(n) for n in rng.choice(np.arange(9, 40), 2, replace=False))
        yield Case((height, width, side, inputs, outputs))


depthwise = Exercise(
    name="depthwise",
    solution=my_depthwise,
    variants=[_depthwise_in_parts],
    oracle=_depthwise_oracle,
    cases=[
        Case((8, 8, 3, 64, 128), "the notebook's third group"),
        Case((4, 6, 3, 2, 5), "a small one: 2 × 9 and 2 × 5 numbers"),
        Case((7, 5, 1, 3, 4), "kernels of 1 × 1"),
        Case((1, 1, 3, 10, 20), "maps of a single pixel"),
    ],
    random_cases=_depthwise_random,
    tolerance=0,
    hints=[
        "Two steps. In the first each map has *one* kernel of its own and meets no other map. How many "
        "weights are that? In the second a kernel is 1 × 1, and reads all maps.",
        "The two steps come one after the other: their weights are added.",
        "At each of height × width places every weight of both steps is used once.",
    ],
    misconceptions=[
        Misconception(
            _counted(lambda k, i, o: k * k * i * o),
            "That is the full convolution: each of its kernels reads all maps. In a depthwise one, each "
            "map has a single kernel; the 1 × 1 convolution mixes afterwards.",
        ),
        Misconception(
            _counted(lambda k, i, o: k * k * i),
            "The first step is right. The second is missing: a 1 × 1 convolution from `inputs` maps to "
            "`outputs` maps.",
        ),
        Misconception(
            _counted(lambda k, i, o: i * o),
            "The second step is right. The first is missing: a kernel of side × side for each map.",
        ),
        Misconception(
            _counted(lambda k, i, o: k * k * i * i + i * o),
            "In your first step each kernel reads all maps. Depthwise means: each reads only its own.",
        ),
        Misconception(
            _counted(lambda k, i, o: k * k * o + i * o),
            "Your first step has a kernel for each map that comes *out*. It works on those that come in.",
        ),
        Misconception(
            _counted(lambda k, i, o: k * k + i * o),
            "You let all maps share a single kernel. Each has its own.",
        ),
        Misconception(
            _counted(lambda k, i, o: k * i + i * o),
            "A kernel has side × side weights, not `side`.",
        ),
        Misconception(
            _counted(lambda k, i, o: 9 * i + i * o),
            "Right for kernels of 3 × 3. A kernel has side × side weights, and `side` may be another.",
        ),
        Misconception(
            lambda h, w, k, i, o: (_right_count(k, i, o), 2 * h * w * _right_count(k, i, o)),
            "The numbers to learn are right. You count additions too, or everything twice: asked for "
            "are the multiplications alone, one for each weight and place.",
        ),
        Misconception(
            _counted(lambda k, i, o: (k * k + 1) * i + (i + 1) * o),
            "You count a bias for each kernel. Here none has one: batch normalisation follows, with its β.",
            variants=[_counted(lambda k, i, o: k * k * i + i + i * o + o)],
        ),
        Misconception(
            _counted(lambda k, i, o: k * k * i + k * k * i * o),
            "Your second step has kernels of side × side. They are 1 × 1: one weight for each map.",
        ),
        Misconception(
            _counted(lambda k, i, o: k * k * i + o),
            "Your second step has one weight for each map that comes out. Each of these reads all maps "
            "that come in.",
        ),
        Misconception(
            lambda h, w, k, i, o: (_right_count(k, i, o), _right_count(k, i, o)),
            "The numbers to learn are right. But each weight is used at every place: multiply by height "
            "and width.",
        ),
        Misconception(
            lambda h, w, k, i, o: (_right_count(k, i, o), h * w * k * k * i + i * o),
            "The numbers to learn are right. In the multiplications the 1 × 1 convolution is counted at "
            "one place only: it, too, runs over the whole map.",
        ),
        Misconception(
            lambda h, w, k, i, o: (_right_count(k, i, o), h * w * k * k * i * o),
            "The numbers to learn are right. Your multiplications are those of the full convolution.",
        ),
        Misconception(
            _counted(_right_count, lambda h, w, k: (h - k + 1) * (w - k + 1)),
            "The numbers to learn are right. You leave out the places at the edge; with padding "
            "“same” there are height × width.",
        ),
        Misconception(
            _counted(_right_count, lambda h, w, k: h * h),
            "The numbers to learn are right. You take the maps for squares: height × width places.",
        ),
        Misconception(
            lambda h, w, k, i, o: _counted(_right_count)(h, w, k, i, o)[::-1],
            "Both numbers are right, but they have changed places: first the numbers to learn.",
        ),
        Misconception(
            lambda h, w, k, i, o: _right_count(k, i, o),
            "The numbers to learn are right. Asked for is a pair: return the multiplications, too.",
        ),
    ],
    well_done="Divide by the full convolution: 1 / outputs + 1 / side². Which of the two parts decides, in "
    "a network of hundreds of channels?",
)

# --- a split by person ----------------------------------------------------------------------------


def my_split_by_person(person, share, rng):
    """Return the positions of the training pictures and of the test pictures."""
    people = np.unique(person)
    count = max(1, round(share * len(people)))
    chosen = rng.permutation(people)[:count]
    in_test = np.isin(person, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def _split_in_loops(person, share, rng):
    people = sorted(set(person.tolist()))
    count = max(1, int(share * len(people) + 0.5))
    chosen = set(rng.choice(people, count, replace=False).tolist())
    test = [i for i, who in enumerate(person) if int(who) in chosen]
    train = [i for i, who in enumerate(person) if int(who) not in chosen]
    return np.array(rng.permutation(train)), np.array(test)


def _split_with(
    person,
    share,
    rng,
    people=np.unique,
    count=lambda share, people: max(1, round(share * people)),
    choose=lambda people, count, rng: rng.permutation(people)[:count],
):
    """Split with one of the parts exchanged."""
    everybody = people(person)
    chosen = choose(everybody, count(share, len(everybody)), rng)
    in_test = np.isin(person, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def _by_person(**parts):
    """Return the split with these parts exchanged."""
    return lambda person, share, rng: _split_with(person, share, rng, **parts)


def _random_split(person, share, rng):
    order = rng.permutation(len(person))
    count = round(share * len(person))
    return order[count:], order[:count]


def _random_coins(person, share, rng):
    in_test = rng.random(len(person)) < share
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def _cut_at_a_picture(person, share, rng):
    order = np.argsort(person, kind="stable")
    cut = round((1 - share) * len(person))
    return order[:cut], order[cut:]


def _first_pictures(person, share, rng):
    order = np.argsort(person, kind="stable")
    cut = round(share * len(person))
    return order[cut:], order[:cut]


def _by_their_pictures(person, share, rng):
    people = list(dict.fromkeys(rng.permutation(person).tolist()))
    in_test = np.isin(person, people[: max(1, round(share * len(people)))])
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def _shuffled_persons(person, share, rng):
    return my_split_by_person(rng.permutation(person), share, rng)


def _of_each_person(person, share, rng):
    test = []
    for who in np.unique(person):
        own = rng.permutation(np.flatnonzero(person == who))
        test += own[: round(share * len(own))].tolist()
    return np.setdiff1d(np.arange(len(person)), test), np.array(test)


def _in_blocks(person, share, rng):
    people, sizes = np.unique(person, return_counts=True)
    ends = np.cumsum(sizes)
    chosen = rng.permutation(len(people))[: max(1, round(share * len(people)))]
    test = np.concatenate([np.arange(ends[k] - sizes[k], ends[k]) for k in chosen])
    return np.setdiff1d(np.arange(len(person)), test), test


def _split_overlapping(person, share, rng):
    _, test = my_split_by_person(person, share, rng)
    return np.arange(len(person)), test


def _split_losing(person, share, rng):
    train, test = my_split_by_person(person, share, rng)
    _, first = np.unique(person[train], return_index=True)
    return train[first], test


def _one_picture_each(person, share, rng):
    people, first = np.unique(person, return_index=True)
    chosen = rng.permutation(len(people))[: max(1, round(share * len(people)))]
    return np.delete(first, chosen), first[chosen]


def _split_swapped(person, share, rng):
    train, test = my_split_by_person(person, share, rng)
    return test, train


def _split_masks(person, share, rng):
    _, test = my_split_by_person(person, share, rng)
    in_test = np.isin(np.arange(len(person)), test)
    return ~in_test, in_test


def _people_instead(person, share, rng):
    people = rng.permutation(np.unique(person))
    count = max(1, round(share * len(people)))
    return people[count:], people[:count]


def _whose_pictures(person, share, rng):
    train, test = my_split_by_person(person, share, rng)
    return person[train], person[test]


def _own_split_seed(person, share, rng):
    return my_split_by_person(person, share, np.random.default_rng(0))


def _no_split_seed(person, share, rng):
    return my_split_by_person(person, share, np.random.default_rng())


def _coin_for_each_person(person, share, rng):
    people = np.unique(person)
    in_test = np.isin(person, people[rng.random(len(people)) < share])
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def _until_enough_pictures(person, share, rng):
    people = rng.permutation(np.unique(person))
    so_far = np.cumsum([(person == who).sum() for who in people])
    in_test = np.isin(person, people[: 1 + int((so_far < share * len(person)).sum())])
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def _later_more_often(people, count, rng):
    weights = np.arange(1, len(people) + 1) ** 0.8
    return rng.choice(people, count, replace=False, p=weights / weights.sum())


def _next_to_each_other(people, count, rng):
    start = rng.integers(len(people))
    return np.take(people, np.arange(start, start + count), mode="wrap")


_SIZES = (6, 1, 6, 1, 6)  # 40 % of these pictures are 8: not the pictures of any two people
_DRAWS = 400


def _people_mixed(seed, names=(0, 1, 2, 3, 4), sizes=_SIZES):
    """Return who is in each picture, in a mixed order."""
    return np.random.default_rng(seed).permutation(np.repeat(np.array(names), sizes))


def _split_form(result, person):
    """Return train and test as arrays of positions, or what is wrong with them."""
    if isinstance(result, list):
        return "list"
    if not isinstance(result, tuple) or len(result) != 2:
        return "Return two arrays, the positions of the training pictures and of the test pictures."
    parts = [np.asarray(part) for part in result]
    if any(part.ndim != 1 for part in parts):
        return "Both parts should be plain arrays of positions, with one axis."
    if all(part.dtype == bool for part in parts):
        return "masks"
    if any(part.size and part.dtype.kind not in "iu" for part in parts):
        return "Positions are whole numbers: the first picture is 0, the next one 1."
    train, test = parts
    n, both = len(person), np.concatenate(parts).astype(int)
    if np.array_equal(np.sort(both), np.unique(person)) and len(np.unique(person)) < n:
        return "people"
    if np.array_equal(np.sort(both), np.sort(person)):
        return "whose"
    if both.size and not 0 <= both.min() <= both.max() < n:
        return f"There are {n} pictures, at 0 to {n - 1}; your positions lead outside."
    if not test.size:
        return "empty"
    if not train.size:
        return "Nobody is left to learn from: your training part is empty."
    if np.intersect1d(train, test).size:
        return "overlap"
    if len(np.unique(both)) < len(both):
        return (
            "Some positions come twice in the same part. Each picture belongs into one part, once."
        )
    if len(both) < n:
        return "lost"
    return train.astype(int), test.astype(int)


def _split_tried(split, person, share, seed):
    return _split_form(split(person, share, np.random.default_rng(seed)), person)


def _by_coins(split):
    """Tell whether whole persons are tested, but now too many and now too few."""
    person, counts = _people_mixed(2), []
    for seed in range(24):
        parts = _split_tried(split, person, 0.4, seed)
        if parts == "empty":
            counts.append(0)
        elif not isinstance(parts, str):
            if _shared(person, parts).size:
                return False
            counts.append(len(np.unique(person[parts[1]])))
    return len(counts) > 12 and min(counts) < max(counts) and max(counts) > 2


def _shared(person, parts):
    return np.intersect1d(person[parts[0]], person[parts[1]])


def _leak_key(split):
    """Tell how it comes that somebody is in both parts, if so."""
    sorted_, mixed = np.repeat(np.arange(5), _SIZES), _people_mixed(1)
    found = {}
    for name, person in (("sorted", sorted_), ("mixed", mixed)):
        found[name] = []
        for seed in range(8):
            parts = _split_tried(split, person, 0.4, seed)
            if isinstance(parts, str):
                return parts
            found[name].append((person, parts))
    leaks = {name: any(_shared(*each).size for each in tried) for name, tried in found.items()}
    if not any(leaks.values()):
        return None
    if not leaks["sorted"]:
        return "blocks"
    if all(_shared(*each).size <= 1 for each in found["mixed"]):
        return "cut"
    if all(_shared(*each).size <= 1 for each in found["sorted"]):
        return "cut"
    tested = [
        np.bincount(person[parts[1]], minlength=5)
        for tried in found.values()
        for person, parts in tried
    ]
    if len({int(each[k]) for each in tested for k in (0, 2, 4)}) == 1:
        return "of each"
    pairs = {a + b for i, a in enumerate(_SIZES) for b in _SIZES[i + 1 :]}
    if all(int(each.sum()) in pairs for each in tested):
        return "shuffled persons"
    return "random"


def _count_key(person, share, parts):
    """Tell whether the number of people in the test part is right."""
    people = len(np.unique(person))
    expected, got = max(1, round(share * people)), len(np.unique(person[parts[1]]))
    if got == expected:
        return None
    if got == people - expected:
        return "swapped"
    if got == int(share * people):
        return "rounded down"
    return (
        f"Of {people} people and with a share of {share:g}, {expected} should be in the test part; "
        f"here it was {got}."
    )


def _probe_split(split):
    """Try small collections of pictures, and many draws."""
    if _by_coins(split):
        return "coins"
    if found := _leak_key(split):
        return found
    for names, sizes, share in (
        ((0, 1, 2, 3, 4), _SIZES, 0.4),
        ((0, 1, 2, 3, 4), (3, 3, 3, 3, 3), 0.2),
        ((0, 1, 2), (2, 3, 2), 0.1),
        (tuple(range(7)), (2, 1, 3, 2, 2, 4, 1), 0.25),
        (tuple(range(8)), (2, 1, 3, 2, 2, 4, 1, 5), 0.3),
    ):
        for seed in range(6):
            person = _people_mixed(seed, names, sizes)
            parts = _split_tried(split, person, share, seed)
            if isinstance(parts, str):
                return parts
            counted = _count_key(person, share, parts)
            if counted and seed:
                return "replacement"
            if counted:
                again = [_split_tried(split, person, share, k) for k in range(1, 9)]
                right = [not isinstance(p, str) and not _count_key(person, share, p) for p in again]
                return "replacement" if any(right) else counted
    person = _people_mixed(3, (40, 7, 12, 31, 3), (4, 3, 5, 2, 3))
    for seed in range(6):
        parts = _split_tried(split, person, 0.4, seed)
        if isinstance(parts, str) or _shared(person, parts).size or _count_key(person, 0.4, parts):
            return "numbered"
    return _draw_key(split)


def _draw_key(split):
    """Tell whether everybody can be drawn, and whether `rng` draws."""
    person = _people_mixed(5)
    chosen = []
    for seed in range(_DRAWS):
        parts = _split_tried(split, person, 0.4, seed)
        if isinstance(parts, str):
            return parts
        if _shared(person, parts).size:
            return "random"
        chosen.append(tuple(np.unique(person[parts[1]]).tolist()))
    again = [
        tuple(np.unique(person[_split_tried(split, person, 0.4, seed)[1]]).tolist())
        for seed in range(20)
    ]
    if again != chosen[:20]:
        return "no seed"
    if len(set(chosen)) == 1:
        return "own seed"
    never = set(range(5)) - {who for pair in chosen for who in pair}
    if never:
        return "first" if 0 in never else "never"
    drawn = np.bincount([who for pair in chosen for who in pair], minlength=5)
    # Each is in 160 of 400 draws, give or take 10. Of five people drawn in pairs the covariances are
    # 0.3 (I − J / 5) a draw, so this is χ² with 4 degrees of freedom: above 40 once in 20 million.
    if ((drawn - 0.4 * _DRAWS) ** 2).sum() / (0.3 * _DRAWS) > 40:
        # Two people have one picture, and three have six.
        if drawn[[0, 2, 4]].min() > drawn[[1, 3]].max():
            return "unequal"
        often = ", ".join(map(str, drawn))
        return "chances", f"Of {_DRAWS} draws these five people were in so many: {often}."
    if len(set(chosen)) < 10:
        return (
            "pairs",
            f"Of the 10 pairs that five people make, only {len(set(chosen))} were drawn.",
        )
    return None


class _SplitExercise(ProbeExercise):
    """An exercise whose probe may see that two parts came in a list instead of a tuple."""

    def accept(self, result):
        parts = (list, tuple, np.ndarray)
        if type(result) is list and len(result) == 2 and all(type(p) in parts for p in result):
            return [super(_SplitExercise, self).accept(part) for part in result]
        return super().accept(result)


split_by_person = _SplitExercise(
    name="split_by_person",
    solution=my_split_by_person,
    probe=_probe_split,
    expects="a pair (train, test) of arrays of positions",
    variants=[
        _split_in_loops,
        _by_person(choose=lambda people, count, rng: rng.choice(people, count, replace=False)),
        lambda person, share, rng: tuple(
            part[::-1] for part in my_split_by_person(person, share, rng)
        ),
    ],
    hints=[
        "Who is there? `np.unique(person)` names everybody once. It is these that you share out, not "
        "the pictures.",
        "`rng.permutation(people)[:count]` draws people for the test part. How many are `count`, and "
        "what if that comes out as 0?",
        "`np.isin(person, chosen)` says of each picture whether its person was drawn, and "
        "`np.flatnonzero` turns such an array of True and False into positions.",
    ],
    misconceptions=[
        Misconception(
            _random_split,
            "You draw *pictures*, so that nearly everybody is in both parts: the network is tested on "
            "people whom it knows. Draw people, and let all their pictures go with them.",
            key="random",
            variants=[_random_coins],
        ),
        Misconception(
            _shuffled_persons,
            "You shuffled `person` by itself, and now it names the wrong person for each picture: the "
            "parts have the right sizes and the wrong pictures. Leave `person` as it is; shuffle the "
            "list of people.",
            key="shuffled persons",
        ),
        Misconception(
            _cut_at_a_picture,
            "You cut at a number of pictures, and the cut goes through somebody: a person with "
            "pictures on both sides. Count people, not pictures.",
            key="cut",
            variants=[_first_pictures],
        ),
        Misconception(
            _of_each_person,
            "You take a share of *each* person's pictures. That is fair to the people, but everybody "
            "is in both parts. Whole persons have to go.",
            key="of each",
        ),
        Misconception(
            _in_blocks,
            "Right as long as each person's pictures stand one after the other. Here they are mixed, "
            "as after a shuffle: look for them with `np.isin(person, chosen)`.",
            key="blocks",
        ),
        Misconception(
            _by_person(count=lambda share, people: int(share * people)),
            "With few people and a small share your test part is empty: the number of people came out "
            "as 0. At least one should be tested: `max(1, …)`.",
            key="empty",
            variants=[_by_person(count=lambda share, people: round(share * people))],
        ),
        Misconception(
            _by_person(count=lambda share, people: max(1, int(share * people))),
            "You cut off what stands after the point, so that of 7 people and with a share of 0.25 only "
            "1 is tested. Round: 1.75 is nearer to 2.",
            key="rounded down",
        ),
        Misconception(
            _by_person(choose=lambda people, count, rng: rng.permutation(people[1:])[:count]),
            "However often we draw, the first person is never tested. Everybody should have a chance: "
            "does your draw begin at 1?",
            key="first",
            variants=[
                _by_person(
                    choose=lambda people, count, rng: people[
                        1 + rng.permutation(len(people) - 1)[:count]
                    ]
                )
            ],
        ),
        Misconception(
            _by_person(choose=lambda people, count, rng: rng.permutation(people[:-1])[:count]),
            "However often we draw, somebody is never tested. Everybody should have a chance: is the "
            "last one left out?",
            key="never",
        ),
        Misconception(
            _by_their_pictures,
            "People with many pictures are drawn more often than others. Draw from a list in which "
            "everybody stands once: `np.unique(person)`.",
            key="unequal",
        ),
        Misconception(
            _by_person(choose=_later_more_often),
            "Some people are drawn more often than others, and everybody should have the same chance: "
            "draw without weights.",
            key="chances",
        ),
        Misconception(
            _coin_for_each_person,
            "The number of people in your test part changes from draw to draw, now too many, now too "
            "few: a coin for each person does that, and so does counting pictures. First say how many "
            "people, then draw so many.",
            key="coins",
            variants=[_until_enough_pictures],
        ),
        Misconception(
            lambda person, share, rng: list(my_split_by_person(person, share, rng)),
            "You return a list. Return a tuple: `return train, test`, without brackets.",
            key="list",
        ),
        Misconception(
            _by_person(choose=_next_to_each_other),
            "Some groups of people are never tested together. Draw each of them by lot, with "
            "`rng.permutation` or `rng.choice`.",
            key="pairs",
        ),
        Misconception(
            _by_person(choose=lambda people, count, rng: rng.choice(people, count)),
            "Sometimes there are too few people in your test part: somebody was drawn twice. Draw "
            "without putting back: `rng.permutation`, or `replace=False`.",
            key="replacement",
            variants=[
                _by_person(
                    choose=lambda people, count, rng: people[rng.integers(0, len(people), count)]
                )
            ],
        ),
        Misconception(
            _by_person(people=lambda person: np.arange(len(np.unique(person)))),
            "Right as long as people are called 0, 1, 2 … Here they have other numbers, such as 40 and "
            "7. Ask the array who there is: `np.unique(person)`.",
            key="numbered",
            variants=[
                lambda person, share, rng: _split_with(
                    person, share, rng, people=lambda person: np.arange(person.max() + 1)
                )
            ],
        ),
        Misconception(
            _split_overlapping,
            "Some pictures are in both parts: those of the test part have to leave the training part.",
            key="overlap",
        ),
        Misconception(
            _split_losing,
            "Some pictures are in neither part. Each person has several: all of them go where the "
            "person goes.",
            key="lost",
            variants=[_one_picture_each],
        ),
        Misconception(
            _split_swapped,
            "The parts have changed places: most people are in your test part. Return the training "
            "part first.",
            key="swapped",
        ),
        Misconception(
            _split_masks,
            "You return True or False for each picture, and positions are asked for: "
            "`np.flatnonzero` finds them.",
            key="masks",
        ),
        Misconception(
            _people_instead,
            "You return the people of both parts. Asked for are the positions of their *pictures*.",
            key="people",
        ),
        Misconception(
            _whose_pictures,
            "You return who is in the pictures, once for each. Asked for is where the pictures stand: "
            "`np.flatnonzero`, not `person[…]`.",
            key="whose",
        ),
        Misconception(
            _own_split_seed,
            "The same people are tested whatever `rng` comes in. Let the `rng` of the caller draw them.",
            key="own seed",
            variants=[
                _by_person(choose=lambda people, count, rng: people[:count]),
                _by_person(choose=lambda people, count, rng: people[-count:]),
            ],
        ),
        Misconception(
            _no_split_seed,
            "Called twice with the same seed, your function draws other people: nobody could repeat "
            "your test. Let the `rng` of the caller draw, not `np.random`.",
            key="no seed",
        ),
    ],
    well_done="What else could be in both parts without anybody noticing it: a room, a camera, a day?",
)

# --- numbers in 8 bits ----------------------------------------------------------------------------


def my_quantise(values, low, high):
    """Return values from low (≤ 0) to high (≥ 0) as whole numbers from −128 to 127, int8."""
    scale = (high - low) / 255
    zero_point = round(-128 - low / scale)
    whole = np.round(values / scale) + zero_point
    return np.clip(whole, -128, 127).astype(np.int8)


def _quantise_one_by_one(values, low, high):
    scale = (high - low) / 255
    zero_point = -128 - int(np.rint(low / scale))
    found = [
        min(127, max(-128, int(np.floor(value / scale + 0.5)) + zero_point))
        for value in values.ravel()
    ]
    return np.array(found, np.int8).reshape(values.shape)


def _quantise_oracle(values, low, high):
    """Try all 256 whole numbers, and take the one that stands for the nearest value."""
    step = (high - low) / 255
    stands_for = {z: abs((-128 - z) * step - low) for z in range(-128, 128)}
    zero = min(stands_for, key=stands_for.get)
    ladder = (np.arange(-128, 128) - zero) * step
    nearest = [int(np.abs(ladder - value).argmin()) - 128 for value in values.ravel()]
    return np.array(nearest, np.int8).reshape(values.shape)


def _in_steps(
    values,
    low,
    high,
    steps=255,
    zero=lambda low, scale: round(-128 - low / scale),
    rounded=np.round,
    ends=(-128, 127),
    dtype=np.int8,
):
    """Quantise with one of the parts exchanged."""
    scale = (high - low) / steps
    whole = rounded(values / scale) + zero(low, scale)
    return np.clip(whole, *ends).astype(dtype)


def _in_8_bits(**parts):
    """Return the quantisation with these parts exchanged."""
    return lambda values, low, high: _in_steps(values, low, high, **parts)


def _unclipped(values, low, high):
    scale = (high - low) / 255
    whole = np.round(values / scale) + round(-128 - low / scale)
    return whole.astype(np.int64).astype(np.int8)


def _clipped_too_early(values, low, high):
    scale = (high - low) / 255
    whole = np.clip(np.round(values / scale), -128, 127) + round(-128 - low / scale)
    return whole.astype(np.int64).astype(np.int8)


def _symmetric(values, low, high):
    scale = max(-low, high) / 127
    return np.clip(np.round(values / scale), -128, 127).astype(np.int8)


def _by_the_highest(values, low, high):
    scale = high / 127
    return np.clip(np.round(values / scale), -128, 127).astype(np.int8)


def _zero_not_whole(values, low, high):
    scale = (high - low) / 255
    return np.clip(np.round((values - low) / scale) - 128, -128, 127).astype(np.int8)


def _own_range(values, low, high):
    low, high = min(0, values.min()), max(0, values.max())
    return my_quantise(values, low, high)


def _bytes_wrapped(values, low, high):
    return _in_steps(
        values,
        low,
        high,
        zero=lambda low, scale: round(-low / scale),
        ends=(0, 255),
        dtype=np.uint8,
    ).view(np.int8)


def _multiplied(values, low, high):
    scale = (high - low) / 255
    whole = np.round(values * scale) + round(-128 - low / scale)
    return np.clip(whole, -128, 127).astype(np.int8)


def _each_its_own(values, low, high):
    scale = np.maximum(np.abs(values), 1e-12) / 127
    return np.clip(np.round(values / scale), -128, 127).astype(np.int8)


def _zero_taken_away(values, low, high):
    scale = (high - low) / 255
    whole = np.round(values / scale) - round(-128 - low / scale)
    return np.clip(whole, -128, 127).astype(np.int8)


def _back_again(values, low, high):
    scale = (high - low) / 255
    return (my_quantise(values, low, high) - float(round(-128 - low / scale))) * scale


def _far_from_half(number):
    """Tell whether all roundings agree: no number is near the middle between two whole ones."""
    return bool((np.abs(np.abs(np.asarray(number) % 1) - 0.5) > 0.03).all())


def _quantise_case(values, low, high, note=""):
    scale = (high - low) / 255
    assert _far_from_half(low / scale) and _far_from_half(np.array(values) / scale), note
    return Case((np.array(values), low, high), note)


def _quantise_random(rng: np.random.Generator) -> Iterator[Case]:
    made = 0
    while made < 4:
        low, high = (
            -float(np.round(rng.uniform(0.2, 3), 2)),
            float(np.round(rng.uniform(0.2, 3), 2)),
        )
        shape = [(5,), (2, 3), (4,), (3, 2)][made]
        values = np.round(rng.uniform(1.3 * low, 1.3 * high, shape), 3)
        scale = (high - low) / 255
        zero = low / scale
        # beside a rounded zero point another number has to come out than beside one that is not
        telling = 0.2 < zero % 1 < 0.8 and abs(low + high) > 0.2
        if telling and _far_from_half(zero) and _far_from_half(values / scale):
            made += 1
            yield Case((values, low, high))


quantise = Exercise(
    name="quantise",
    solution=my_quantise,
    variants=[_quantise_one_by_one],
    oracle=_quantise_oracle,
    same_dtype=True,
    cases=[
        _quantise_case([0.0, 1.0, -1.0, 0.26], -1.28, 1.27, "steps of 0.01, zero point 0"),
        _quantise_case([0.0, 1.0, 2.55], 0.0, 2.55, "nothing below 0: the zero point is −128"),
        _quantise_case([-0.5, 0.0, 0.13, 0.37, 0.92], -0.5, 0.92, "the row of the text"),
        _quantise_case([-1.0, 0.0, 1.9], -0.5, 1.0, "two values outside: they end at the ends"),
        _quantise_case([[0.107, -0.043], [0.399, 0.002]], -0.31, 0.62, "a table"),
        _quantise_case([0.0, 0.337, -1.6], -1.687, 0.863, "0 stands 168.7 steps above −128"),
        _quantise_case([0.0, 0.337, 1.6], -0.893, 1.657, "0 stands 89.3 steps above −128"),
    ],
    random_cases=_quantise_random,
    hints=[
        "From `low` to `high` there are 255 steps between 256 whole numbers. How long is one?",
        "The zero point is the whole number that stands for 0: start at −128, which stands for `low`, "
        "and go as many steps up as lie between `low` and 0. Round.",
        "`np.round(values / scale) + zero_point`, then `np.clip(…, -128, 127)`, and at the very end "
        "`.astype(np.int8)`.",
    ],
    misconceptions=[
        Misconception(
            _in_8_bits(zero=lambda low, scale: 0),
            "The zero point is missing: you count steps from 0, and where 0 doesn't lie in the middle, "
            "half of the 256 numbers go unused and the far end is cut off. Add `zero_point`.",
        ),
        Misconception(
            _in_8_bits(rounded=np.trunc),
            "You cut off what stands after the point, so that up to a whole step is lost. Round: then "
            "it is half a step at most.",
            variants=[
                lambda v, low, high: _in_steps(v, low, high, rounded=lambda x: x.astype(int))
            ],
        ),
        Misconception(
            _in_8_bits(rounded=np.floor),
            "You round down (`//` and `np.floor` do), so that up to a whole step is lost. `np.round` "
            "goes to the nearest.",
            variants=[
                lambda v, low, high: np.clip(
                    v // ((high - low) / 255) + round(-128 - 255 * low / (high - low)), -128, 127
                ).astype(np.int8)
            ],
        ),
        Misconception(
            _unclipped,
            "A value outside the range runs over the end of int8 and comes in at the other: a large "
            "number becomes a negative one. `np.clip` first, then `astype`.",
        ),
        Misconception(
            _clipped_too_early,
            "You clip before the zero point is added, and then the sum leaves the range again. Clip "
            "last.",
        ),
        Misconception(
            _by_the_highest,
            "Your scale comes from `high` alone. What lies far below 0 has no place then: the step is "
            "(`high` − `low`) / 255.",
        ),
        Misconception(
            _symmetric,
            "You measure by the larger of the two ends and leave the zero point 0. LiteRT does so for "
            "weights; here all 256 numbers are to be used, from `low` to `high`.",
        ),
        Misconception(
            _in_8_bits(zero=lambda low, scale: round(-low / scale), ends=(0, 255), dtype=np.uint8),
            "Your numbers run from 0 to 255, as the pixels' do (uint8). Asked for is int8, from −128 "
            "to 127: everything is 128 lower.",
        ),
        Misconception(
            _bytes_wrapped,
            "You computed numbers from 0 to 255 and called them int8: those above 127 became negative. "
            "`low` should be −128 from the start.",
        ),
        Misconception(
            _own_range,
            "You take the range from the values that come in. But the range is fixed beforehand, `low` "
            "to `high`: otherwise every batch would have a scale of its own.",
        ),
        Misconception(
            _each_its_own,
            "Each value has a scale of its own here, and so all come out at 127 or −127. One scale is "
            "for all of them.",
        ),
        Misconception(
            _in_8_bits(steps=256),
            "There are 256 whole numbers, but only 255 steps between them, like the gaps of a fence.",
        ),
        Misconception(
            _zero_not_whole,
            "You round only once, at the end. Then 0 itself falls between two whole numbers, and a "
            "network's many zeros all become a little wrong. Round the zero point first, by itself.",
        ),
        Misconception(
            _in_8_bits(zero=lambda low, scale: int(-128 - low / scale)),
            "You cut off what stands after the point of the zero point (`int` does). 0 still comes back "
            "as 0, but the whole ladder is shifted, `low` by up to a whole step. Round: then the shift "
            "is half a step at most.",
        ),
        Misconception(
            _in_8_bits(zero=lambda low, scale: int(np.floor(-128 - low / scale))),
            "You round the zero point down. Take the nearest whole number.",
            variants=[_in_8_bits(zero=lambda low, scale: int((-128 - low / scale) // 1))],
        ),
        Misconception(
            _in_8_bits(zero=lambda low, scale: int(np.ceil(-128 - low / scale))),
            "You round the zero point up. Take the nearest whole number.",
            variants=[_in_8_bits(zero=lambda low, scale: -128 - int(low / scale // 1))],
        ),
        Misconception(
            _multiplied,
            "You multiply by the scale. How many steps go into a value? Divide.",
        ),
        Misconception(
            _zero_taken_away,
            "You take the zero point away on the way there. It is added there, and taken away on the "
            "way back.",
        ),
        Misconception(
            _in_8_bits(zero=lambda low, scale: -128),
            "Your zero point is always −128. That is the number of `low`, and of 0 only where `low` is "
            "0.",
        ),
        Misconception(
            _in_8_bits(ends=(-127, 127)),
            "You clip at −127. int8 goes one further down, to −128.",
        ),
        Misconception(
            _in_8_bits(ends=(-128, 128), dtype=np.int64),
            "Above, int8 ends at 127, not at 128; and `.astype(np.int8)` is missing.",
        ),
        Misconception(
            _in_8_bits(dtype=float),
            "The values are right, but they are still floats, of 64 bits each: nothing is saved. "
            "`.astype(np.int8)`.",
        ),
        Misconception(
            _in_8_bits(dtype=np.int64),
            "The values are right, but each takes 64 bits: nothing is saved. `.astype(np.int8)`.",
            variants=[
                lambda v, low, high: _in_steps(v, low, high, dtype=np.int64),
            ],
        ),
        Misconception(
            _back_again,
            "You went there and back: these are the values that are left in the end. Asked for are the "
            "whole numbers in between.",
        ),
    ],
    well_done="What would a single value of 1000 in a row of small ones do to the scale, and to all the "
    "others?",
)
