"""The parts of the Train page."""

RUN, LEARNING_RATE, TUNING, EMBEDDING = (
    ":material/show_chart: Run",
    ":material/speed: Learning rate",
    ":material/tune: Tuning",
    ":material/person_add: Without training",
)
