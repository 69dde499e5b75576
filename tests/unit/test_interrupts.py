"""Ctrl-C while compiled code runs is neither lost nor heard too early."""

import signal

import pytest

from oscillator_field.engines.numba_layouts import interruptible


def call(presses, error=None):
    """What was done in a call during which Ctrl-C is pressed so many times, and which may end with an error."""
    done = []
    try:
        with interruptible():
            for number in range(presses):
                signal.raise_signal(signal.SIGINT)
                done.append(number)
            if error:
                raise error
    finally:
        call.done = done
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_first_ctrl_c_is_raised_when_the_call_has_ended():
    call(0)
    with pytest.raises(KeyboardInterrupt):
        call(1)
    assert call.done == [0]


@pytest.mark.parametrize("error", [SystemError("lost"), ValueError("of the compiler")])
def test_a_ctrl_c_counts_more_than_an_error_that_follows_it(error):
    with pytest.raises(KeyboardInterrupt):
        call(1, error)
    with pytest.raises(type(error)):
        call(0, error)


def test_a_second_ctrl_c_waits_for_nothing():
    with pytest.raises(KeyboardInterrupt):
        call(2)
    assert call.done == [0]
