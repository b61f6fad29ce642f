# Generated from _async by scripts/generate.py.
"""The asynchronous client."""
