"""What a profile fixes, and which conditions that decides.

`flags` and `facts` say what is fixed, `conditions` folds with it, and `telling` says which words a text has
to hold before any of it is asked. Nothing is ever executed.
"""
