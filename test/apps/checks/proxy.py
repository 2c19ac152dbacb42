"""A proxy for SOCKS5 and for HTTP's CONNECT that notes who asks for what: one line "user target"
for each request. proxy.py LOG [HOST]: it goes to HOST, whatever host was asked for."""
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

def socks_request(client):
    user = '-'
    methods = take(client, take(client, 1)[0])
    client.sendall(b'\5\2' if 2 in methods else b'\5\0')
    if 2 in methods:
        user = take(client, take(client, 2)[1]).decode()
        take(client, take(client, 1)[0])
        client.sendall(b'\1\0')
    kind = take(client, 4)[3]
    host = socket.inet_ntoa(take(client, 4)) if kind == 1 else take(client, take(client, 1)[0]).decode()
    return user, host, int.from_bytes(take(client, 2), 'big')

def http_request(client):
    head = b'C'
    while not head.endswith(b'\r\n\r\n'): head += take(client, 1)
    method, target, _ = head.split(b'\r\n')[0].decode().split(' ')
    if method != 'CONNECT': raise EOFError
    host, port = target.rsplit(':', 1)
    return '-', host, int(port)

SOCKS = socks_request, b'\5\0\0\1' + bytes(6), b'\5\5\0\1' + bytes(6)
HTTP = http_request, b'HTTP/1.1 200 OK\r\n\r\n', b'HTTP/1.1 502 Bad Gateway\r\n\r\n'

def serve(client):
    request, consent, refusal = SOCKS if take(client, 1) == b'\5' else HTTP
    user, host, port = request(client)
    log.write(f'{user} {host}:{port}\n')
    try: server = socket.create_connection((sys.argv[2] if len(sys.argv) > 2 else host, port))
    except OSError: client.sendall(refusal); client.close(); return
    client.sendall(consent)
    threading.Thread(target=relay, args=(server, client), daemon=True).start()
    relay(client, server)

def serve_quietly(client):
    try: serve(client)
    except (EOFError, OSError, ValueError): client.close()

listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve_quietly, args=(listener.accept()[0],), daemon=True).start()
