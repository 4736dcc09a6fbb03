"""What several pages draw: session, progress, choosers, cards, loaded objects, acts on images.

Imports facerec and ``pages.components``. What only one page draws stays with that page.
"""
