"""Finds the files of a folder: events are hints, the directory is the truth."""
