"""An agent for a device on a serial line: it speaks `temperature 21.5` by itself, and takes `heater 1`.

    pip install pyserial
    TWINQL_URL=… TWINQL_KEY=… python serial_device.py /dev/ttyUSB0 temperature=CHANNEL heater=CHANNEL

Each line of the device names what it read and the value; a command is written the same way, and the device answers
`ok heater 1` or `no heater 1`. Lines that are damaged are told and left out.
"""

import sys
import time

import serial
from minimal import obey, record

ANSWERS_WITHIN_S = 2.0
LOOKS_EVERY_S = 2.0


class SerialDevice:
    """A device that is read and set line by line."""

    def __init__(self, port, channels):
        self.line = serial.Serial(port, 9600, timeout=0.2)
        self.channels = channels
        self.unfinished, self.waiting = b"", []

    def lines(self):
        """Yield the whole lines that have come by now, each as its words."""
        self.unfinished += self.line.read(4096)
        *whole, self.unfinished = self.unfinished.split(b"\n")
        self.waiting += whole
        while self.waiting:
            yield self.waiting.pop(0).decode("ascii", "replace").split()

    def tell(self, words):
        """Record what a line says."""
        try:
            name, value = words
            channel, value = self.channels[name], float(value)
        except (ValueError, KeyError):
            print(f"left out: {' '.join(words)!r}", file=sys.stderr)
            return
        for outcome in record(channel, value)["outcomes"]:
            if outcome["outcome"] == "REJECTED":
                print(f"refused: {outcome['message']}", file=sys.stderr)

    def act(self, channel, desired):
        """Write a command, and wait for the device's own word for it; meanwhile its readings go on."""
        name = next(name for name, each in self.channels.items() if each == channel["id"])
        self.line.write(f"{name} {desired:g}\n".encode())
        until = time.monotonic() + ANSWERS_WITHIN_S
        while time.monotonic() < until:
            for words in self.lines():
                if words[:2] in (["ok", name], ["no", name]):
                    return words[0] == "ok"
                self.tell(words)
        return False


def main(port, *pairs):
    """Mirror the device until Ctrl-C."""
    device = SerialDevice(port, dict(pair.split("=", 1) for pair in pairs))
    looked = 0.0
    while True:
        for words in device.lines():
            device.tell(words)
        if time.monotonic() >= looked + LOOKS_EVERY_S:
            obey(device.act)
            looked = time.monotonic()


if __name__ == "__main__":
    main(*sys.argv[1:])
