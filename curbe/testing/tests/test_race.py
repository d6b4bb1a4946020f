"""race() really overlaps, gives results in order, and hides no error."""

import threading

import pytest
from django.db import connection

from curbe.testing.race import race


def test_all_runners_run_at_the_same_time():
    everybody = threading.Barrier(20)
    race(20, lambda i: everybody.wait(timeout=10))
    assert not everybody.broken


def test_results_come_in_the_order_of_the_runners():
    first_may_go = threading.Event()

    def act(i):
        if i == 1:
            first_may_go.set()
        assert first_may_go.wait(10)
        return i * i

    assert race(2, act) == [0, 1]


def test_an_error_is_raised_where_the_test_sees_it():
    with pytest.raises(ZeroDivisionError):
        race(3, lambda i: 1 / (i - 1))


def test_several_errors_are_all_told():
    with pytest.raises(ExceptionGroup) as caught:
        race(3, lambda i: 1 / 0)
    assert len(caught.value.exceptions) == 3


def test_a_runner_that_hangs_is_named_with_its_place():
    never = threading.Event()
    with pytest.raises(AssertionError, match=r"race-0 still runs(.|\n)*never\.wait"):
        race(1, lambda i: never.wait(), timeout=0.2)
    never.set()


@pytest.mark.django_db(transaction=True)
def test_runners_give_their_database_connections_back():
    """More runners than the connection pool has connections: those who wait get the ones given back."""

    def act(i):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone()

    assert race(40, act) == [(1,)] * 40
