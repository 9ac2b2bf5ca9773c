# What hub.py and sensor.py need beside TLS: to find a port, to read options, and to show what happened.
import socket


def options(words):
    return dict(word.split("=", 1) for word in words)


def listen(port):
    # MicroPython's sockets can't tell which port they got, so 0 means: the first free one.
    ports = range(20000, 30000) if port == 0 else [port]
    for port in ports:
        server = socket.socket()
        try:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
            server.listen(5)
            return server, port
        except OSError as error:
            server.close()
            last = error
    raise last


def name_of(certificate):
    # "CN=sensor-7" of what getpeercert() says.
    for rdn in certificate["subject"]:
        for key, value in rdn:
            if key == "commonName":
                return "CN=" + value
    return "?"


def describe(who, connection):
    info = connection.info()
    print("%s negotiated %s, %s, %s, application protocol %s" % (
        who, info["version"], info["cipher"], info["group"], info["alpn"]))
    print("%s verified %s (%s)" % (
        who, name_of(connection.getpeercert()), info["peer_signature"]))
    memory = connection.memory()
    idle = memory["engine"][0] + memory["socket"][0]
    peak = memory["engine"][1] + memory["socket"][1]
    print("%s bytes: %d sent, %d received; memory: %d idle, %d at most" % (
        who, info["bytes_out"], info["bytes_in"], idle, peak))


class Ladder:
    # An SSLContext.trace_callback. Shows what happened as a ladder: a rung per record, with the messages in it.
    def __init__(self):
        self.rungs = []
        self.waiting = []  # messages that were sent, until the record comes that carries them

    def __call__(self, event):
        text = "%s %d" % (event.name, event.size)
        if event.layer == "handshake" and event.sent:
            self.waiting.append(text)
        elif event.layer == "handshake":
            self.rungs[-1][1] += text + " "
        elif event.layer == "application":
            self.rungs[-1][2] = "data %d" % event.size
        elif event.name in ("handshake", "change_cipher_spec", "application_data", "alert"):
            arrow = "-->" if event.sent else "<--"
            kind = "sealed %d" % event.size if event.protected else text
            inside = " ".join(self.waiting) if event.sent else ""
            if event.sent:
                self.waiting = []
            self.rungs.append([arrow + " " + kind, inside, ""])
        else:
            self.rungs[-1][1] += "alert " + event.name

    def show(self):
        for rung in [["    record", "handshake", "application"]] + self.rungs:
            print(("rung %-26s %-26s %s" % tuple(s.rstrip() for s in rung)).rstrip())
