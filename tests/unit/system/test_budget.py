import threading

from facerec.system.budget import Budget
from tests.waiting import until


def test_threads_use_no_more_together_than_there_is() -> None:
    budget, used, most = Budget(10), [0], [0]
    lock, go_on = threading.Lock(), threading.Event()

    def use(amount: int) -> None:
        with budget.of(amount):
            with lock:
                used[0] += amount
                most[0] = max(most[0], used[0])
            go_on.wait(60)
            with lock:
                used[0] -= amount

    threads = [threading.Thread(target=use, args=(amount,)) for amount in (4, 4, 4, 4)]
    for thread in threads:
        thread.start()
    until(lambda: used[0] == 8)
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert most == [8] and used == [0]


def test_one_may_use_more_than_there_is_alone() -> None:
    budget, ended = Budget(10), threading.Event()
    with budget.of(25):
        other = threading.Thread(target=lambda: [budget.of(1).__enter__(), ended.set()])
        other.start()
        assert not ended.wait(0.05)
    assert ended.wait(60)
