def fields(app) -> dict[str, object]:
    return {element.label: element for element in [*app.number_input, *app.selectbox]}
