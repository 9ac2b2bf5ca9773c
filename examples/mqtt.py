# MQTT 3.1.1 for a device: CONNECT, SUBSCRIBE, PUBLISH with QoS 0 and 1, PINGREQ. Works over any stream that has read(n),
# write(bytes) and close(): a TLS connection of ssl.SSLContext.wrap_socket(), say. Copy it.
#
#     device = Client(connection, "sensor-7")
#     device.subscribe("sensors/sensor-7/interval")
#     device.publish("sensors/sensor-7/celsius", b"20.5", qos=1)   # returns when the broker has it
#     topic, payload = device.wait()                               # the next message; None when the broker has ended
#     device.disconnect()
#
# Not here: QoS 2, wills, and sessions that outlive a connection.
CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 8, 9, 12, 13, 14
REFUSALS = {
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker does not want a client of that name",
    3: "the broker is not available",
    4: "the broker does not accept this user and password",
    5: "the broker does not let this client in",
}


class MqttError(OSError):
    pass


def text(value):
    # Strings and bytes go with their length in front.
    if isinstance(value, str):
        value = value.encode()
    return len(value).to_bytes(2, "big") + value


def size_of(count):
    # Seven bits in each byte, the lowest first; the eighth says that more follow.
    out = bytearray()
    while True:
        count, low = count >> 7, count & 127
        out.append(low | 128 if count else low)
        if not count:
            return bytes(out)


class Client:
    def __init__(self, stream, name, keep_alive=60, user=None, password=None):
        self.stream = stream
        self.waiting = []  # messages that came while something else was awaited
        self.last_id = 0
        flags = 2 | (128 if user is not None else 0) | (64 if password is not None else 0)  # 2: a clean session
        body = text("MQTT") + bytes((4, flags)) + keep_alive.to_bytes(2, "big") + text(name)
        for value in (user, password):
            if value is not None:
                body += text(value)
        self.send(CONNECT, 0, body)
        code = self.expect(CONNACK)[1]
        if code:
            raise MqttError(code, REFUSALS.get(code, "the broker refuses, code %d" % code))

    # --- packets ---

    def send(self, kind, flags, body=b""):
        data = bytes((kind << 4 | flags,)) + size_of(len(body)) + body
        while data:  # in blocking mode write() may still take less than all
            data = data[self.stream.write(data) :]

    def read(self, count):
        data = b""
        while len(data) < count:
            more = self.stream.read(count - len(data))
            if not more:
                raise MqttError(0, "the broker has ended the connection in the middle of a packet")
            data += more
        return data

    def receive(self):
        # (kind, flags, body) of the next packet, or None at the broker's end.
        first = self.stream.read(1)
        if not first:
            return None
        count = shift = 0
        while True:
            byte = self.read(1)[0]
            count |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
            if shift > 21:
                raise MqttError(0, "the length of a packet from the broker makes no sense")
        return first[0] >> 4, first[0] & 15, self.read(count)

    def expect(self, wanted):
        # The body of the next packet of that kind; messages that come before it wait for wait().
        while True:
            packet = self.receive()
            if packet is None:
                raise MqttError(0, "the broker has ended the connection")
            kind, flags, body = packet
            if kind == wanted:
                return body
            self.take(kind, flags, body)

    def take(self, kind, flags, body):
        if kind == PUBLISH:
            end = 2 + int.from_bytes(body[:2], "big")
            topic, payload = body[2:end].decode(), body[end:]
            if flags & 6:  # with QoS 1 a number stands between them, and the broker wants it back
                self.send(PUBACK, 0, payload[:2])
                payload = payload[2:]
            self.waiting.append((topic, payload))
        elif kind not in (PUBACK, PINGRESP):
            raise MqttError(0, "an unexpected packet from the broker, type %d" % kind)

    def next_id(self):
        self.last_id = self.last_id % 65535 + 1
        return self.last_id.to_bytes(2, "big")

    # --- what a program calls ---

    def publish(self, topic, payload, qos=0, retain=False):
        number = self.next_id() if qos else b""
        self.send(PUBLISH, qos << 1 | bool(retain), text(topic) + number + payload)
        while qos and self.expect(PUBACK)[:2] != number:
            pass

    def subscribe(self, topic, qos=0):
        # Returns the QoS that the broker grants.
        number = self.next_id()
        self.send(SUBSCRIBE, 2, number + text(topic) + bytes((qos,)))
        answer = self.expect(SUBACK)
        if answer[:2] != number or answer[2] > 2:
            raise MqttError(0, "the broker does not let this client listen to " + topic)
        return answer[2]

    def wait(self):
        # The next message: (topic, payload); None when the broker has ended the connection.
        while not self.waiting:
            packet = self.receive()
            if packet is None:
                return None
            self.take(*packet)
        return self.waiting.pop(0)

    def ping(self):
        # To be called at least once in keep_alive seconds when there is nothing else to say.
        self.send(PINGREQ, 0)
        self.expect(PINGRESP)

    def disconnect(self):
        self.send(DISCONNECT, 0)
        self.stream.close()
