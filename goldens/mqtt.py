#!/usr/bin/env python3
"""Makes Tests/golden/mqtt/packets.txt: what Eclipse Paho's Python client sends to a broker, a packet a line in hexadecimal,
behind what it is.

needs: paho-mqtt (goldens/requirements.txt)
usage: goldens/mqtt.py [FILE]
"""

import pathlib
import socket
import sys
import threading

import paho.mqtt.client as paho

ROOT = pathlib.Path(__file__).resolve().parent.parent
ANSWERS = {1: b"\x20\x02\x00\x00", 12: b"\xd0\x00"}


def packet(connection):
    """One whole packet; empty at the end."""
    head = connection.recv(1)
    if not head:
        return b""
    remaining, shift, raw = 0, 0, head
    while True:
        byte = connection.recv(1)
        raw += byte
        remaining |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            break
    while remaining:
        piece = connection.recv(remaining)
        raw, remaining = raw + piece, remaining - len(piece)
    return raw


def said(prepare, messages, keep_alive):
    """The packets of a connection with these messages: topic, payload, quality of service, retained."""
    listener = socket.create_server(("127.0.0.1", 0))
    packets = []

    def broker():
        connection, _ = listener.accept()
        while raw := packet(connection):
            packets.append(raw)
            kind = raw[0] >> 4
            if kind in ANSWERS:
                connection.sendall(ANSWERS[kind])
            if kind == 3 and raw[0] & 6:
                at = 2 if raw[1] < 0x80 else 3
                length = int.from_bytes(raw[at : at + 2], "big")
                connection.sendall(b"\x40\x02" + raw[at + 2 + length : at + 4 + length])
        connection.close()

    thread = threading.Thread(target=broker)
    thread.start()
    client = prepare()
    client.connect("127.0.0.1", listener.getsockname()[1], keep_alive)
    client.loop_start()
    for topic, payload, quality, retained in messages:
        client.publish(topic, payload, quality, retained).wait_for_publish()
    client.disconnect()
    thread.join()
    client.loop_stop()
    return packets


def make(name, user=None, password=None):
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=name, clean_session=True, protocol=paho.MQTTv311)
    client.will_set(f"swiftlet/{name}/availability", "offline", 1, True)
    if user is not None:
        client.username_pw_set(user, password)
    return client


def main():
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "Tests/golden/mqtt/packets.txt"
    messages = [
        ("swiftlet/cellar/availability", "online", 0, True),
        ("a", "", 0, False),
        ("swiftlet/cellar/task/watch/event", '{"class":"tabby cat","score":0.9}', 1, False),
        ("swiftlet/cellar/output/lamp", "ON", 1, True),
        # The remaining length has a second digit from 128 bytes on.
        ("long/127", "x" * (127 - 4 - 8), 1, False),
        ("long/128", "x" * (128 - 4 - 8), 1, False),
        ("long/3000", "Grüße " * 400, 1, False),
    ]
    rows = [("cellar", raw) for raw in said(lambda: make("cellar"), messages, 60)]
    rows += [("user", raw) for raw in said(lambda: make("cellar", "board", "s3cret Ü"), [], 5)]
    rows += [("no-password", raw) for raw in said(lambda: make("attic", "board"), [], 3600)]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(f"{name} {raw.hex()}\n" for name, raw in rows))


main()
