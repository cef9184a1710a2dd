// sseload2 - subscribers over HTTP/2 by the million: C connections of S streams each, without TLS (prior knowledge) or with it (--tls 1).
// gcc -O2 -o sseload2 sseload2.c -lssl -lcrypto (without OpenSSL: -DNO_TLS) ; ./sseload2 --dst 127.0.0.1:8080 --connections 10000 --streams 100 --path /events/t --events 3 --pid PID
// Opens every stream, lets the server idle and reads its memory, then publishes events one after the other over HTTP/1.1 and waits
// until every stream has every event. Counts each stream's events by the length of what it was sent, which is the same for all.
// Loopback only.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#ifndef NO_TLS
#include <openssl/ssl.h>
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct { int fd, open, opened; void *tls; uint32_t have, need; unsigned char head[9]; int headers; int64_t unacked; } connection;
static int CONNECTIONS = 100, STREAMS = 100, EVENTS = 3, PAYLOAD = 128, PID, BATCH = 50, TLS;
static const char *PATH = "/events/t";
static struct sockaddr_in dst;
static connection *connections;
static uint32_t *heard;                 // events of each stream
static long opened, delivered, resets, lost_connections;
static int ep;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void die(const char *what) { fprintf(stderr, "sseload2: %s: %s\n", what, strerror(errno)); exit(2); }

static int frame(unsigned char *o, int length, int type, int flags, uint32_t stream) {
  o[0] = length >> 16; o[1] = length >> 8; o[2] = length; o[3] = type; o[4] = flags;
  o[5] = stream >> 24; o[6] = stream >> 16; o[7] = stream >> 8; o[8] = stream;
  return 9;
}
static int literal(unsigned char *o, const char *name, const char *value) {
  int n = strlen(name), v = strlen(value), at = 0;
  o[at++] = 0; o[at++] = n; memcpy(o + at, name, n); at += n; o[at++] = v; memcpy(o + at, value, v); return at + v;
}
#ifndef NO_TLS
static SSL_CTX *context;
// Buffers only while there is something in them: ten thousand connections have none.
static void tls_begin(void) {
  context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\2h2", 3);
}
static void *tls_connect(int fd) {
  SSL *tls = SSL_new(context); SSL_set_fd(tls, fd);
  if (SSL_connect(tls) != 1) { fprintf(stderr, "sseload2: no TLS\n"); exit(2); }
  return tls;
}
static void tls_close(void *tls) { if (tls) SSL_free(tls); }
static ssize_t put(int fd, void *tls, const void *bytes, int length) { return tls ? SSL_write(tls, bytes, length) : send(fd, bytes, length, MSG_NOSIGNAL); }
// As recv: 0 at the end, -1 with EAGAIN if there is nothing. Its socket blocks, so it is asked whether there is something before.
static ssize_t get(connection *c, void *into, size_t room) {
  if (!c->tls) return recv(c->fd, into, room, MSG_DONTWAIT);
  char first;
  if (!SSL_pending(c->tls) && recv(c->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) < 0) return -1;
  int n = SSL_read(c->tls, into, room);
  return n < 0 ? 0 : n;
}
static int waiting(connection *c) { return c->tls ? SSL_pending(c->tls) : 0; }
#else
static void tls_begin(void) { fprintf(stderr, "sseload2: built without TLS\n"); exit(2); }
static void *tls_connect(int fd) { return 0; }
static void tls_close(void *tls) {}
static ssize_t put(int fd, void *tls, const void *bytes, int length) { return send(fd, bytes, length, MSG_NOSIGNAL); }
static ssize_t get(connection *c, void *into, size_t room) { return recv(c->fd, into, room, MSG_DONTWAIT); }
static int waiting(connection *c) { return 0; }
#endif
static void send_all(int fd, void *tls, const void *bytes, int length) {
  for (const char *p = bytes; length > 0;) {
    ssize_t n = put(fd, tls, p, length);
    if (n < 0 && errno == EAGAIN) { usleep(100); continue; }
    if (n <= 0) { lost_connections++; return; }
    p += n; length -= n;
  }
}
static void window_update(connection *c, uint32_t stream, uint32_t more) {
  unsigned char o[13]; frame(o, 4, 8, 0, stream); o[9] = more >> 24; o[10] = more >> 16; o[11] = more >> 8; o[12] = more; send_all(c->fd, c->tls, o, 13);
}
static int open_connection(int i) {
  connection *c = &connections[i];
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0) die("socket");
  int one = 1; setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, 4);
  if (connect(c->fd, (void *)&dst, sizeof dst)) die("connect");
  if (TLS) c->tls = tls_connect(c->fd);
  static unsigned char o[1 << 20]; int at = 0;
  memcpy(o, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24); at = 24;
  at += frame(o + at, 6, 4, 0, 0); memcpy(o + at, "\0\4\0\1\0\0", 6); at += 6;   // INITIAL_WINDOW_SIZE 65,536
  at += frame(o + at, 4, 8, 0, 0); memcpy(o + at, "\x10\0\0\0", 4); at += 4;     // the connection's window: 256 MiB
  for (int s = 0; s < STREAMS; s++) {
    unsigned char b[1024]; int n = 0;
    n += literal(b + n, ":method", "GET"); n += literal(b + n, ":scheme", TLS ? "https" : "http"); n += literal(b + n, ":path", PATH);
    n += literal(b + n, ":authority", "localhost");
    at += frame(o + at, n, 1, 5, 2 * s + 1); memcpy(o + at, b, n); at += n;
  }
  send_all(c->fd, c->tls, o, at);
  struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
  return c->fd;
}
// The head of each event begins "id: ", of the opening "retry: ": only events count. One DATA frame may hold several.
static void data(int i, uint32_t stream, const unsigned char *p, uint32_t n) {
  uint32_t s = (stream - 1) / 2; if (s >= (uint32_t)STREAMS) return;
  for (const unsigned char *q = p, *end = p + n; (q = memmem(q, end - q, "data: ~~", 8)); q += 8) { heard[(size_t)i * STREAMS + s]++; delivered++; }
}
static unsigned char buffer[1 << 18];
static unsigned char *pending; static int *pending_length;   // of connections, cut frames
#define KEEP 4096
static int read_once(int i) {
  connection *c = &connections[i];
  int keep = pending_length[i];
  memcpy(buffer, pending + (size_t)i * KEEP, keep);
  ssize_t n = get(c, buffer + keep, sizeof buffer - keep);
  if (n < 0 && errno == EAGAIN) return 0;
  if (n <= 0) { lost_connections++; epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, 0); close(c->fd); c->fd = -1; tls_close(c->tls); c->tls = 0; return 0; }
  unsigned char *p = buffer, *end = buffer + keep + n;
  while (end - p >= 9) {
    uint32_t length = p[0] << 16 | p[1] << 8 | p[2], stream = (p[5] & 127) << 24 | p[6] << 16 | p[7] << 8 | p[8];
    if ((uint32_t)(end - p) < 9 + length) break;
    if (p[3] == 0) { data(i, stream, p + 9, length); c->unacked += length; }
    else if (p[3] == 1) { c->opened++; opened++; }
    else if (p[3] == 3) { if (resets++ < 3) fprintf(stderr, "reset of stream %u: %u\n", stream, p[12]); }
    else if (p[3] == 7) { if (resets++ < 3) fprintf(stderr, "goaway: %u\n", p[16]); }
    else if (p[3] == 4 && !(p[4] & 1)) { unsigned char o[9]; frame(o, 0, 4, 1, 0); send_all(c->fd, c->tls, o, 9); }
    p += 9 + length;
  }
  pending_length[i] = end - p;
  if (end - p > KEEP) { fprintf(stderr, "frame too large\n"); exit(2); }
  memcpy(pending + (size_t)i * KEEP, p, end - p);
  if (c->unacked > 64 << 20) { window_update(c, 0, c->unacked); c->unacked = 0; }
  return 1;
}
// What TLS has taken from the socket and not given away would not be told of again.
static void readable(int i) { while (read_once(i) && waiting(&connections[i])) {} }
static void turn(int ms) {
  static struct epoll_event events[1024];
  int n = epoll_wait(ep, events, 1024, ms);
  for (int i = 0; i < n; i++) readable(events[i].data.u32);
}
static long rss(void) {
  char f[64], line[256]; long kb = 0; snprintf(f, 64, "/proc/%d/smaps_rollup", PID); FILE *h = fopen(f, "r"); if (!h) return 0;
  while (fgets(line, 256, h)) if (sscanf(line, "Rss: %ld", &kb) == 1) break;
  fclose(h); return kb * 1024;
}
static double cpu(void) {
  char f[64], b[1024]; snprintf(f, 64, "/proc/%d/stat", PID); FILE *h = fopen(f, "r"); if (!h) return 0;
  size_t n = fread(b, 1, 1023, h); fclose(h); b[n] = 0; unsigned long u = 0, s = 0; char *q = strrchr(b, ')');
  sscanf(q + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s); return (u + s) / 100.0;
}
static void publish(int k) {
  int fd = socket(AF_INET, SOCK_STREAM, 0); if (connect(fd, (void *)&dst, sizeof dst)) die("publisher");
  void *tls = 0;
#ifndef NO_TLS
  if (TLS) { SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\10http/1.1", 9); tls = tls_connect(fd); }
#endif
  char body[4096], request[8192]; int n = sprintf(body, "~~%d ", k); while (n < PAYLOAD) body[n++] = 'x';
  int r = sprintf(request, "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%.*s", PATH, n, n, body);
  send_all(fd, tls, request, r);
  if (!tls) shutdown(fd, SHUT_WR);
  tls_close(tls); close(fd);
}
int main(int ac, char **av) {
  for (int i = 1; i + 1 < ac; i += 2) {
    char *o = av[i], *v = av[i + 1];
    if (!strcmp(o, "--dst")) { char h[64]; int p; if (sscanf(v, "%63[^:]:%d", h, &p) != 2) die(v); dst.sin_family = AF_INET; dst.sin_port = htons(p); inet_pton(AF_INET, h, &dst.sin_addr); }
    else if (!strcmp(o, "--connections")) CONNECTIONS = atoi(v); else if (!strcmp(o, "--streams")) STREAMS = atoi(v);
    else if (!strcmp(o, "--path")) PATH = v; else if (!strcmp(o, "--events")) EVENTS = atoi(v); else if (!strcmp(o, "--pid")) PID = atoi(v);
    else if (!strcmp(o, "--payload")) PAYLOAD = atoi(v); else if (!strcmp(o, "--tls")) TLS = atoi(v); else { fprintf(stderr, "unknown option %s\n", o); return 2; }
  }
  if ((ntohl(dst.sin_addr.s_addr) >> 24) != 127) { fprintf(stderr, "loopback only\n"); return 2; }
  struct rlimit l; getrlimit(RLIMIT_NOFILE, &l); l.rlim_cur = l.rlim_max; setrlimit(RLIMIT_NOFILE, &l);
  if (TLS) tls_begin();
  ep = epoll_create1(0); connections = calloc(CONNECTIONS, sizeof *connections);
  heard = calloc((size_t)CONNECTIONS * STREAMS, 4); pending = malloc((size_t)CONNECTIONS * KEEP); pending_length = calloc(CONNECTIONS, sizeof(int));
  long total = (long)CONNECTIONS * STREAMS, rss0 = rss(); double t0 = now();
  int started = 0;
  while (opened + resets < total && now() - t0 < 300) {
    while (started < CONNECTIONS && (long)started * STREAMS - opened - resets < (long)BATCH * STREAMS) open_connection(started++);
    turn(20);
  }
  double t1 = now(); for (double e = t1 + 3; now() < e;) turn(50);
  long rss1 = rss();
  printf("opened %ld of %ld streams on %d connections in %.1f s (%ld reset, %ld connections lost); server RSS %.1f -> %.1f MB = %.0f bytes a stream\n",
         opened, total, CONNECTIONS, t1 - t0, resets, lost_connections, rss0 / 1e6, rss1 / 1e6, (double)(rss1 - rss0) / total);
  fflush(stdout);
  for (int k = 1; k <= EVENTS; k++) {
    double c0 = cpu(), s = now(); publish(k); long want = (long)k * opened;
    while (delivered < want && now() - s < 60) turn(20);
    double took = now() - s; for (double e = now() + 0.3; now() < e;) turn(20);
    printf("event %d: %ld of %ld deliveries in %.2f s, %.3f us of server CPU a delivery, RSS %.1f MB\n", k, delivered - (long)(k - 1) * opened, opened, took, (cpu() - c0) * 1e6 / opened, rss() / 1e6);
    fflush(stdout);
  }
  long wrong = 0; for (long i = 0; i < total; i++) if (heard[i] != (uint32_t)EVENTS) wrong++;
  printf("%ld of %ld streams have all %d events, each once\n", total - wrong, total, EVENTS);
  return wrong != 0;
}
