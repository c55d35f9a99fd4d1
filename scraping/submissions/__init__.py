"""Events that visitors send in: asked for by a form, confirmed by mail, decided by editors, shown as listings of the
built-in source "visitors". `steps` is the story; before it is told to the end nothing of it is in a listing.
"""
