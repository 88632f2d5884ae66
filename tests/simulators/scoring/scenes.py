"""Random scenes: truths that come and go, tracks that follow them, leave them and swap."""

import numpy as np
from hypothesis import strategies as st

from simulators.scoring.reading import Reports, Truth
from simulators.scoring.scene import Scene

C = 20.0


def drawn(seed, truths=3, tracks=4, steps=7):
    """Draw the truths and tracks of a scene; distances are spread about C, so that every case occurs."""
    rng = np.random.default_rng(seed)
    steps = int(rng.integers(1, steps + 1))
    time = np.arange(float(steps))
    flown, paths = {}, []
    for i in range(int(rng.integers(1, truths + 1))):
        a, b = np.sort(rng.integers(0, steps, 2))
        path = rng.uniform(-25, 25, 3) + np.cumsum(rng.normal(0, 6, (steps, 3)), axis=0)
        paths.append(path)
        flown[f"truth-{i}"] = Truth(time[a : b + 1], path[a : b + 1], rng.normal(0, 5, (b + 1 - a, 3)))
    told = {}
    for j in range(int(rng.integers(0, tracks + 1))):
        follows = rng.integers(0, len(paths), steps) if rng.random() < 0.5 else np.full(steps, rng.integers(0, len(paths)))
        place = np.array([paths[i][k] for k, i in enumerate(follows)]) + rng.normal(0, 7, (steps, 3))
        gone = rng.random(steps) < rng.choice([0.0, 0.3, 0.7])
        velocity = rng.normal(0, 5, (steps, 3))
        told[f"track-{j}"] = Reports(time.tolist(), place, velocity, gone.tolist(), [None] * steps)
    return told, flown


scenes = st.integers(0, 2**32 - 1).map(lambda seed: Scene.of(*drawn(seed), c=C))


def there(rows, step):
    """Who is there at a step, and where."""
    mine = rows.step == step
    return rows.who[mine].tolist(), rows.place[mine]
