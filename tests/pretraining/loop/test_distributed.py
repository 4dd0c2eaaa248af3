import pytest
import torch

from spacy_elmo.pretraining.loop.distributed import LostProcessError, World, join


def test_alone_nothing_is_shared():
    with join() as world:
        assert (world.rank, world.size, world.is_main) == (0, 1, True)
        module = torch.nn.Linear(2, 2)
        assert world.share(module) is module
        assert world.any(True)
        assert not world.any(False)
        assert world.sum(torch.tensor([1.0, 2.0])).tolist() == [1.0, 2.0]


def test_lanes_are_shared_in_order():
    lanes = torch.arange(2 * 1 * 4 * 3.0).view(2, 1, 4, 3)
    worlds = [World(), World()]
    for rank, world in enumerate(worlds):
        world.rank, world.size = rank, 2
    parts = [world.own_lanes(lanes) for world in worlds]
    assert torch.equal(torch.cat(parts, dim=2), lanes)
    assert all(part.is_contiguous() for part in parts)


def test_errors_of_our_own_are_not_taken_for_lost_processes():
    world = World()
    world.size = 2
    with pytest.raises(RuntimeError, match="of our own"), world.watching():
        raise RuntimeError("a mistake of our own")


def test_a_closed_socket_is_a_lost_process():
    world = World()
    world.size = 2
    with pytest.raises(LostProcessError, match="process 0 of 2.*peer.*--resume"), world.watching():
        raise RuntimeError("[gloo/transport/tcp/pair.cc:537] Connection reset by peer")
