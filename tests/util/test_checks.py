import pytest

from spacy_elmo.util.checks import available_bytes, check_size


@pytest.mark.parametrize(("value", "smallest"), [(1, 1), (7, 1), (0, 0), (3, 3)])
def test_whole_numbers_that_are_large_enough_pass(value: int, smallest: int):
    check_size("size", value, smallest=smallest)


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "1", None])
def test_anything_else_is_named_with_its_setting(value: object):
    with pytest.raises(ValueError, match=f"^size = {value!r}: must be a whole number of at least 1$"):
        check_size("size", value)


def test_the_error_is_of_the_class_that_was_asked_for():
    class SettingError(ValueError):
        pass

    with pytest.raises(SettingError, match="size = 2: must be a whole number of at least 3"):
        check_size("size", 2, smallest=3, error=SettingError)


def test_this_system_has_some_memory():
    found = available_bytes()
    assert found is None or found > 0
