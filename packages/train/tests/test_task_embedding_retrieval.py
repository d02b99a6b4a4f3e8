"""Recall and average precision against torchmetrics; the sketch they are measured on."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torchmetrics.functional import retrieval  # noqa: E402

from audioml.train.tasks.embedding.nearness import (  # noqa: E402
    Nearness,
    are_liked,
    are_near,
)
from audioml.train.tasks.embedding.retrieval import KS, Retrieval, figures  # noqa: E402


def about(rows, keys=(), liked=(), classes=()):
    """Return the facts of windows, each of which begins one sample after the one before."""
    rows = torch.as_tensor(rows)
    return {
        "row": rows,
        "start": torch.arange(len(rows)),
        "keys": torch.as_tensor(keys).reshape(len(rows), -1).long(),
        "classes": torch.as_tensor(classes).reshape(len(rows), -1).long(),
        "liked": torch.as_tensor(liked).reshape(len(rows), -1).long(),
    }


@pytest.mark.parametrize("whole", [False, True])
def test_figures_are_those_of_torchmetrics(whole) -> None:
    torch.manual_seed(0)
    scores, near = torch.rand(20, 40), torch.rand(20, 40) < 0.1
    near[:, 0] = True
    found = figures(scores, near, torch.zeros_like(near), whole=whole)
    recall = retrieval.retrieval_recall if whole else retrieval.retrieval_hit_rate
    for asked, row in enumerate(found):
        expected = [recall(scores[asked], near[asked], top_k=k) for k in KS]
        expected.append(retrieval.retrieval_average_precision(scores[asked], near[asked]))
        assert torch.allclose(row, torch.stack(expected))


def test_what_is_left_out_is_neither_found_nor_missed() -> None:
    scores = torch.tensor([[0.9, 0.5, 0.4]])
    near = torch.tensor([[True, False, True]])
    found = figures(scores, near, torch.tensor([[True, False, False]]))
    assert found.tolist() == [[0.0, 1.0, 1.0, 0.5]]


def test_a_query_to_which_nothing_is_near_has_no_figures() -> None:
    nothing = torch.zeros(1, 3, dtype=torch.bool)
    assert figures(torch.rand(1, 3), nothing, nothing).isnan().all()


def test_vectors_that_are_all_the_same_find_nothing() -> None:
    metric = Retrieval()
    metric.update(torch.ones(60, 8), **about(torch.arange(60) // 2))
    assert metric.compute()["recall_at_10"] == 0


def test_windows_of_one_recording_are_near_and_do_not_find_themselves() -> None:
    vectors = torch.eye(3).repeat_interleave(2, 0) + torch.tensor([[0.1], [0.0]]).repeat(3, 3)
    metric = Retrieval()
    metric.update(vectors, **about([0, 0, 1, 1, 2, 2]))
    assert metric.compute()["recall_at_1"] == 1
    metric.reset()
    metric.update(vectors, **about([0, 1, 2, 0, 1, 2]))
    assert metric.compute()["recall_at_1"] == 0


def test_with_keys_only_other_recordings_are_looked_for() -> None:
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.9, 0.5], [0.0, 1.0]])
    metric = Retrieval()
    metric.update(vectors, **about([0, 0, 1, 2], keys=[7, 7, 7, 8]))
    found = metric.compute()
    assert found["recall_at_1"] == 1  # the windows of 0 find 1, and 1 finds them; 2 is alone


def test_classes_are_measured_where_they_are_not_learnt() -> None:
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    for classes, expected in (([1, 1, 2, 2], 1.0), ([1, 2, 1, 2], 0.0)):
        metric = Retrieval("classes")
        metric.update(vectors, **about([0, 1, 2, 3], classes=classes))
        assert metric.compute()["recall_at_1"] == expected


def test_recommendation_is_measured_by_recording() -> None:
    # 0 and 1 are liked together; each has two windows whose mean is nearest to the other's
    vectors = torch.tensor([[1.0, 0.3], [1.0, -0.3], [1.0, 0.2], [1.0, -0.2], [0.0, 1.0]])
    metric = Retrieval("liked")
    metric.update(vectors, **about([0, 0, 1, 1, 2], liked=[1, 1, -1, -1, -1]))
    found = metric.compute()
    assert found["recall_at_1"] == 1
    assert found["map"] == 1


def test_the_sketch_is_bounded_and_the_same_in_any_order() -> None:
    torch.manual_seed(1)
    rows, vectors = torch.arange(3000) // 6, torch.randn(3000, 4)
    facts = about(rows)
    one, other = Retrieval(recordings=50, each=3), Retrieval(recordings=50, each=3)
    order = torch.randperm(3000)
    for first in range(0, 3000, 100):
        one.update(
            vectors[first : first + 100], **{n: f[first : first + 100] for n, f in facts.items()}
        )
        picked = order[first : first + 100]
        other.update(vectors[picked], **{n: f[picked] for n, f in facts.items()})
        assert sum(map(len, one.vectors)) <= 2 * 50 * 3 + 100
    (kept, told), (same, _) = one.kept(), other.kept()
    assert torch.equal(kept, same)
    assert len(told["row"].unique()) == 50
    assert (told["row"][:, 0].unique(return_counts=True)[1] == 3).all()


def test_recordings_share_keys_whatever_their_number() -> None:
    nearness = Nearness.of([("a", "b"), ("b",), (), ("c",)])
    rows = torch.arange(4)
    facts = {"row": rows, "keys": torch.from_numpy(nearness.keys), "liked": torch.full((4, 1), -1)}
    expected = torch.eye(4, dtype=torch.bool)
    expected[0, 1] = expected[1, 0] = True
    assert torch.equal(are_near(facts, facts), expected)
    facts["liked"][0] = 3
    liked = are_liked(facts, facts)
    assert liked.nonzero().tolist() == [[0, 3], [3, 0]]
