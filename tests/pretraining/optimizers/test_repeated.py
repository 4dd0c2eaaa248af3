import torch

from spacy_elmo.pretraining.optimizers.repeated import WARM_UP, RepeatedTask
from tests.support.devices import devices


@devices
def test_each_call_is_that_of_the_task(device):
    total, calls = torch.zeros(3, device=device), WARM_UP + 4
    task = RepeatedTask()
    for i in range(calls):
        value = torch.full((3,), float(i), device=device)  # elsewhere in memory, as gradients may be
        task.run(lambda x: total.add_(x), [value], [total])
    assert total.tolist() == [sum(range(calls))] * 3


@devices
def test_what_moved_in_memory_is_followed(device):
    totals, task = [torch.zeros(3, device=device) for _ in range(2)], RepeatedTask()
    for total in totals:
        for _ in range(WARM_UP + 2):
            task.run(lambda x, total=total: total.add_(x), [torch.ones(3, device=device)], [total])
    assert [total.tolist() for total in totals] == [[WARM_UP + 2.0] * 3] * 2
