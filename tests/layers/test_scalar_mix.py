"""The mix that tasks learn."""

import numpy as np
import pytest
import torch
from thinc.api import SGD, Adam, Model

from spacy_elmo.layers.scalar_mix import build_scalar_mix, get_weights, set_dims

L, WIDTH = 3, 5
rng = np.random.default_rng(0)


def make_layers(*lengths):
    return [rng.normal(size=(L, n, WIDTH)).astype("float32") for n in lengths]


def make_mix(w=None, gamma=1.0, **settings):
    model = build_scalar_mix(**{"dropout": 0.0, "L2": 0.0, **settings})
    model.initialize(X=make_layers(2))
    if w is not None:
        model.set_param("w", np.asarray(w, dtype="float32"))
    model.set_param("gamma", np.asarray([gamma], dtype="float32"))
    return model


def reference(layers, w, gamma, layer_norm):
    """The mix in torch, in double precision."""
    outputs = []
    for h in layers:
        if layer_norm:
            h = torch.nn.functional.layer_norm(h, (WIDTH,), eps=1e-12)
        outputs.append(gamma * torch.einsum("j,jnd->nd", torch.softmax(w, 0), h))
    return outputs


def test_it_starts_as_the_average():
    layers = make_layers(4, 1)
    for output, h in zip(make_mix().predict(layers), layers):
        assert np.allclose(output, h.mean(axis=0), atol=1e-6)  # order of a float32 sum


def test_hand_made_numbers():
    layers = [np.array([[[1.0, 0.0]], [[0.0, 1.0]], [[2.0, 2.0]]], dtype="float32")]
    model = build_scalar_mix(dropout=0.0)
    model.initialize(X=layers)
    model.set_param("w", np.log([1.0, 2.0, 1.0]).astype("float32"))  # softmax: 1/4, 1/2, 1/4
    model.set_param("gamma", np.array([2.0], dtype="float32"))
    assert np.allclose(model.predict(layers)[0], [[1.5, 2.0]], atol=1e-6)  # rounding of exp


@pytest.mark.parametrize("layer_norm", [False, True])
@pytest.mark.parametrize("lengths", [(4,), (3, 1, 6), (2, 0)])
def test_outputs_and_gradients_agree_with_autograd(layer_norm, lengths):
    layers, d_outputs = make_layers(*lengths), [rng.normal(size=(n, WIDTH)).astype("float32") for n in lengths]
    w, gamma, L2 = [0.3, -0.5, 0.1], 1.7, 0.01
    model = make_mix(w, gamma, layer_norm=layer_norm, L2=L2)
    outputs, backprop = model.begin_update(layers)
    d_layers = backprop(d_outputs)

    inputs = [torch.tensor(h, dtype=torch.float64, requires_grad=True) for h in layers]
    w_ref = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    gamma_ref = torch.tensor(gamma, dtype=torch.float64, requires_grad=True)
    expected = reference(inputs, w_ref, gamma_ref, layer_norm)
    loss = sum((output * torch.tensor(d)).sum() for output, d in zip(expected, d_outputs))
    (loss + sum(lengths) * L2 * (w_ref**2).sum()).backward()

    tolerance = 1e-5  # float32 against float64
    for output, expect in zip(outputs, expected):
        assert np.allclose(output, expect.detach(), atol=tolerance)
    assert np.allclose(model.get_grad("w"), w_ref.grad, atol=tolerance, rtol=tolerance)
    assert np.allclose(model.get_grad("gamma"), gamma_ref.grad, atol=tolerance, rtol=tolerance)
    for d, h in zip(d_layers, inputs):
        assert np.allclose(d, h.grad, atol=tolerance)


def test_the_effect_of_lambda_does_not_depend_on_the_batch_size():
    """The share of the L2 term in the gradient of a mean is the same for 8 words and for 64."""
    shares = []
    for words in (8, 64):
        model = make_mix([1.0, 0.0, -1.0], L2=0.1)
        _, backprop = model.begin_update(make_layers(words))
        backprop([np.zeros((words, WIDTH), dtype="float32")])
        shares.append(model.get_grad("w") / words)
    assert np.allclose(*shares)
    assert np.allclose(shares[0], [0.2, 0.0, -0.2])


@pytest.mark.parametrize(
    ("mix", "expected"),
    [("top", [0, 0, 1]), ("average", [1 / 3] * 3), (0, [1, 0, 0]), ([0.5, 0.5, 0.0], [0.5, 0.5, 0])],
)
def test_fixed_mixes_learn_gamma_alone(mix, expected):
    layers = make_layers(3)
    model = make_mix(mix=mix, gamma=2.0)
    outputs, backprop = model.begin_update(layers)
    assert np.allclose(outputs[0], 2 * np.tensordot(expected, layers[0], axes=1), atol=1e-6)
    backprop([np.ones((3, WIDTH), dtype="float32")])
    assert set(model.grad_names) == {"gamma"}


def test_dropout_is_for_training_alone_and_keeps_the_mean():
    layers = [np.ones((L, 400, WIDTH), dtype="float32")]
    model = make_mix(dropout=0.5)
    (trained,), _ = model.begin_update(layers)
    assert set(np.unique(trained)) == {0.0, 2.0}
    assert abs(trained.mean() - 1) < 0.1  # 2000 draws: a standard deviation of 0.02
    assert np.array_equal(model.predict(layers)[0], np.ones((400, WIDTH), dtype="float32"))


def test_no_gradient_through_what_was_dropped():
    model = make_mix(dropout=0.5)
    (trained,), backprop = model.begin_update([np.ones((L, 20, WIDTH), dtype="float32")])
    (d_layers,) = backprop([np.ones((20, WIDTH), dtype="float32")])
    assert np.array_equal(d_layers[0] == 0, trained == 0)


def test_the_dropout_of_spacy_does_not_touch_it():
    from thinc.api import set_dropout_rate

    model = make_mix(dropout=0.25)
    set_dropout_rate(model, 0.9)
    assert model.attrs["mix_dropout"] == 0.25


def test_layer_norm_does_not_depend_on_the_batch():
    layers = make_layers(3, 4)
    model = make_mix([0.5, 0.0, -0.5], layer_norm=True)
    together = model.predict(layers)
    for h, output in zip(layers, together):
        assert np.array_equal(model.predict([h])[0], output)


def test_whitespace_stays_zero_under_layer_norm():
    assert not make_mix(layer_norm=True).predict([np.zeros((L, 2, WIDTH), dtype="float32")])[0].any()


def test_half_precision_layers_are_mixed_in_full():
    layers = [h.astype("float16") for h in make_layers(3)]
    (output,) = make_mix().predict(layers)
    assert output.dtype == np.float32


@pytest.mark.parametrize("lengths", [(), (0,)])
def test_nothing_to_mix(lengths):
    layers = make_layers(*lengths)
    outputs, backprop = make_mix().begin_update(layers)
    assert [output.shape for output in outputs] == [(n, WIDTH) for n in lengths]
    assert len(backprop(outputs)) == len(lengths)


def test_it_learns_which_layer_helps():
    layers = make_layers(50)
    model = make_mix()
    optimizer = Adam(0.1, L2=0.0)
    for _ in range(200):
        (output,), backprop = model.begin_update(layers)
        backprop([output - layers[0][1]])
        model.finish_update(optimizer)
    s, gamma = get_weights(model)
    assert s[1] > 0.9
    assert 0.9 < gamma * s[1] < 1.1


def test_averages_of_an_optimizer_reach_it():
    model = make_mix()
    optimizer = SGD(0.1, L2=0.0, use_averages=True)
    for _ in range(3):
        (output,), backprop = model.begin_update(make_layers(5))
        backprop([output])
        model.finish_update(optimizer)
    learned = model.get_param("gamma").copy()
    with model.use_params(optimizer.averages):
        assert not np.array_equal(model.get_param("gamma"), learned)
    assert np.array_equal(model.get_param("gamma"), learned)


def test_bytes_keep_what_was_learned():
    model = make_mix([0.1, 0.2, 0.3], 1.5)
    again = build_scalar_mix().from_bytes(model.to_bytes())
    assert np.array_equal(again.get_param("w"), model.get_param("w"))
    assert again.get_dim("layers") == L


def test_initialize_keeps_what_was_learned():
    model = make_mix([0.1, 0.2, 0.3], 1.5)
    model.initialize(X=make_layers(2))
    assert np.allclose(model.get_param("w"), [0.1, 0.2, 0.3])


def test_another_number_of_layers_is_an_error_that_says_what_to_do():
    with pytest.raises(ValueError, match="a mix for 3 layers cannot mix 2: train the component again"):
        set_dims(make_mix(), 2, WIDTH)


def test_another_width_is_an_error_that_says_what_to_do():
    with pytest.raises(ValueError, match="a mix for 5 numbers in a vector cannot mix 8"):
        set_dims(make_mix(), L, 8)


def test_a_wrong_number_of_fixed_weights_is_named():
    with pytest.raises(ValueError, match=r"mix = \[0.5, 0.5\]: needs 3 weights"):
        make_mix(mix=[0.5, 0.5])


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        *(({"dropout": value}, "dropout") for value in (1.5, 1.0, -0.1)),
        *(({"L2": value}, "L2") for value in (-1.0, float("nan"))),
        *(({"mix": value}, "mix") for value in ("best", [0.5, 0.6])),
    ],
)
def test_settings_out_of_range_are_named(settings, named):
    with pytest.raises(ValueError, match=f"{named} = "):
        build_scalar_mix(**settings)


def test_it_is_a_native_layer_of_thinc():
    model = make_mix()
    assert isinstance(model, Model)
    assert not model.shims
    assert set(model.param_names) == {"w", "gamma"}
