"""Imported first by a program: from then on it ends with its parent, also while its imports take seconds."""

from .parent import stop_with_parent

stop_with_parent()
