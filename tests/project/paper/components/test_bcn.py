"""The network of McCann et al., step by step on one sentence."""

import torch

from project.paper.components.bcn import BCN


def test_it_is_what_the_paper_describes():
    torch.manual_seed(0)
    module = BCN(width=4, hidden_size=3, maxout_pieces=2, dropout=0.5).eval()
    x = torch.randn(6, 4)
    context = torch.stack([sum(a * y for a, y in zip(torch.softmax(x @ word, 0), x)) for word in x])
    words = module.integrator(torch.cat([x, x - context, x * context], 1)[None])[0][0]
    weights = torch.softmax(module.score(words)[:, 0], 0)
    features = torch.cat([words.max(0)[0], words.mean(0), words.min(0)[0], weights @ words])
    for layer in module.maxout:
        features = layer(features).reshape(-1, 2).max(1)[0]
    longer = torch.randn(8, 4)
    assert torch.allclose(module(torch.cat([x, longer]), torch.tensor([6, 8]))[0], features, atol=1e-6)
    assert [len(layer.weight) for layer in module.maxout] == [2 * 12, 2 * 6]
