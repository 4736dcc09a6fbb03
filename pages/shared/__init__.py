"""What several pages draw: session, progress, choosers, cards, loaded objects, acts on images.

Imports facerec; components, tabs and pages import it. What only one page draws stays there.
"""
