from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tflite_models as models


def test_threads_that_share_a_session_get_their_own_answers(tmp_path, load, random):
    session = load(models.elementwise(tmp_path / "m.tflite", "RELU", shape=(-1, -1)))
    shapes = [(rows, length) for rows in (1, 20, 50) for length in (3, 64)] * 20
    feeds = [random.normal(size=shape).astype(np.float32) for shape in shapes]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda x: session.run({"x": x})["y"], feeds))
    for x, y in zip(feeds, found, strict=True):
        np.testing.assert_array_equal(y, np.maximum(x, 0))


def test_threads_may_load_at_the_same_time(tmp_path, load):
    path = models.elementwise(tmp_path / "m.tflite", "RELU", shape=(1, 2))
    with ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(load, [path] * 16))
    assert all(s.run({"x": np.ones((1, 2))})["y"].tolist() == [[1, 1]] for s in sessions)
