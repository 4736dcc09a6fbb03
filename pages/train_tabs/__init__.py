"""The parts of the Train page."""

RUN, LEARNING_RATE, TUNING = (
    ":material/show_chart: Run",
    ":material/speed: Learning rate",
    ":material/tune: Tuning",
)
