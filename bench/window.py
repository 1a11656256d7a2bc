"""Tells the plugin blocks.c from where to where a program is to be counted."""

import os


def mark(which):
    try:
        os.getpriority(os.PRIO_PROCESS, which)
    except OSError:
        # No process has such a number: the call is only there to be seen.
        pass


def opened():
    mark(0x5AFE01)


def closed():
    mark(0x5AFE02)
