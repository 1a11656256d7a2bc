#!/usr/bin/env python3
"""Prints a TCP port of 127.0.0.1 that nobody has now.

usage: tools/test/free-port.py
"""

import socket

with socket.socket() as place:
    place.bind(("127.0.0.1", 0))
    print(place.getsockname()[1])
