# Made by client/scripts/make_sync.py from _async/__init__.py: change that one.
