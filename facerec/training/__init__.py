"""Training: loop, events, totals, batches, learner, optimizers, job, advice.

Imports ``runs`` and everything beneath it. The loop alone is in ``loop``; everything that is not
the loop listens to ``events``. A new optimizer or schedule is one entry in ``optimizers``, a new
remark one function of ``advice``.
"""
