"""Parts of pages with JavaScript of their own: camera, tile grid, embedding map.

Each is a folder of its Python, JavaScript and CSS.
"""
