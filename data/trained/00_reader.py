"""How the network that reads drawn digits in notebook 00 was trained.

    COURSE_DATA_DIR=… python data/trained/00_reader.py

A small convolutional network on MNIST. Each training picture is turned, moved, stretched and
thickened a little at random, because a digit drawn with a mouse is none of MNIST's own. The
number of epochs was chosen on the validation part; the test part is read once, at the end.
"""

import numpy as np
from scipy import ndimage

from course_utils import datasets, trained
from course_utils.environment import quiet_import

with quiet_import():
    import keras

SEED = 0
EPOCHS = 12
BATCH = 128


def build() -> keras.Model:
    """Return the untrained network: three small convolutions, one dense layer."""
    layers = [
        keras.Input((28, 28)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Reshape((28, 28, 1)),
    ]
    for channels in (12, 24, 48):
        layers += [
            keras.layers.Conv2D(channels, 3, padding="same", use_bias=False),
            keras.layers.MaxPooling2D(padding="same"),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
        ]
    layers += [
        keras.layers.Flatten(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return keras.Sequential(layers)


def vary(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the images `(n, 28, 28)` uint8, each bent, moved, scaled or thickened a little."""
    varied = np.empty_like(images)
    for i, image in enumerate(images):
        angle, shear = rng.uniform(-0.26, 0.26), rng.uniform(-0.15, 0.15)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        matrix = turn @ np.array([[1, 0], [shear, 1]]) / rng.uniform(0.85, 1.15, size=(2, 1))
        offset = 13.5 - matrix @ (13.5 + rng.uniform(-2, 2, size=2))
        picture = ndimage.affine_transform(image, matrix, offset, order=1)
        change = rng.random()
        if change < 0.25:
            picture = ndimage.grey_dilation(picture, size=(2, 2))
        elif change < 0.35:
            picture = ndimage.grey_erosion(picture, size=(2, 2))
        varied[i] = picture
    return varied


def main() -> None:
    """Train, measure once on the test part, store the network and its facts."""
    data = datasets.load_mnist(source="real")
    rng = np.random.default_rng(SEED)
    keras.utils.set_random_seed(SEED)
    model = build()
    steps = EPOCHS * -(-len(data.x_train) // BATCH)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    history: dict[str, list[float]] = {}
    for epoch in range(EPOCHS):
        step = model.fit(
            vary(data.x_train, rng),
            data.y_train,
            batch_size=BATCH,
            initial_epoch=epoch,
            epochs=epoch + 1,
            validation_data=(data.x_val, data.y_val),
            verbose=2,
        )
        for name, values in step.history.items():
            history.setdefault(name, []).extend(values)
    accuracy = model.evaluate(data.x_test, data.y_test, verbose=0)[1]
    trained.save(
        model,
        "00_reader",
        {
            "data": str(data.source.copy),
            "seed": SEED,
            "epochs": EPOCHS,
            "accuracy": round(accuracy, 4),
            "history": history,
        },
    )
    print(f"test accuracy {accuracy:.4f}, {model.count_params()} parameters")


if __name__ == "__main__":
    main()
