def fields(app) -> dict[str, object]:
    return {element.label: element for element in [*app.number_input, *app.selectbox]}


def charts(app) -> list[str]:
    """Keys of the charts beside the form, which has the curve of the schedule."""
    keys = [element.key for element in app.get("plotly_chart")]
    assert keys[0] == "schedule-curve"
    return keys[1:]
