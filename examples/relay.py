# Somebody on the wire: passes on what a client and a server say, and flips one bit of one of the client's records.
#
#     micropython relay.py TO-PORT RECORD
#
# RECORD counts from 0. Of a sensor's, 0 is its hello, 1 to 4 end the handshake, 5 is its first reading.
import select
import socket
import sys

from show import listen


def pass_on(client, server, unlucky):
    poll = select.poll()
    poll.register(client, select.POLLIN)
    poll.register(server, select.POLLIN)
    number = 0
    while True:
        for stream, _ in poll.poll():
            if stream is server:
                data = server.recv(4096)
                client.write(data)
            else:
                header = client.read(5)  # type, version, size
                data = header
                if len(header) == 5:
                    body = bytearray(client.read(header[3] << 8 | header[4]))
                    if number == unlucky:
                        body[len(body) // 2] ^= 0x10
                    number += 1
                    data = header + body
                server.write(data)
            if not data:
                return


def main(port, record):
    listener, own_port = listen(0)
    print("listening", own_port)
    client, _ = listener.accept()
    server = socket.socket()
    server.connect(socket.getaddrinfo("127.0.0.1", int(port))[0][-1])
    try:
        pass_on(client, server, int(record))
    except OSError:
        pass  # one of the two has gone away
    client.close()
    server.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
