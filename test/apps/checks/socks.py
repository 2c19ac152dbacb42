"""A SOCKS5 proxy that notes who asks for what: one line "user target" for each request."""
import socket, sys, threading

log = open(sys.argv[1], 'a', buffering=1)

def take(end, count):
    data = b''
    while len(data) < count:
        more = end.recv(count - len(data))
        if not more: raise EOFError
        data += more
    return data

def relay(here, there):
    try:
        while data := here.recv(65536): there.sendall(data)
    except OSError: pass
    try: there.shutdown(socket.SHUT_WR)
    except OSError: pass

def serve(client):
    user = '-'
    methods = take(client, take(client, 2)[1])
    client.sendall(b'\5\2' if 2 in methods else b'\5\0')
    if 2 in methods:
        user = take(client, take(client, 2)[1]).decode()
        take(client, take(client, 1)[0])
        client.sendall(b'\1\0')
    kind = take(client, 4)[3]
    host = socket.inet_ntoa(take(client, 4)) if kind == 1 else take(client, take(client, 1)[0]).decode()
    port = int.from_bytes(take(client, 2), 'big')
    log.write(f'{user} {host}:{port}\n')
    try: server = socket.create_connection((host, port))
    except OSError: client.sendall(b'\5\5\0\1' + bytes(6)); client.close(); return
    client.sendall(b'\5\0\0\1' + bytes(6))
    threading.Thread(target=relay, args=(server, client), daemon=True).start()
    relay(client, server)

def serve_quietly(client):
    try: serve(client)
    except (EOFError, OSError): client.close()

listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve_quietly, args=(listener.accept()[0],), daemon=True).start()
