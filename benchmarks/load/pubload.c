// pubload - publishers alone: C kept-alive connections with D requests in flight each, for S seconds. Prints one line of JSON.
// gcc -O2 -o pubload pubload.c ; ./pubload --dst 127.0.0.1:8080 --path /events/t --connections 8 --pipeline 8 --seconds 3 --pid PID
// Loopback only.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static double cpu_of(int pid) {
  char f[64], b[1024]; snprintf(f, 64, "/proc/%d/stat", pid); FILE *h = fopen(f, "r"); if (!h) return 0;
  size_t n = fread(b, 1, 1023, h); fclose(h); b[n] = 0; unsigned long u = 0, s = 0; char *q = strrchr(b, ')');
  sscanf(q + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s); return (u + s) / 100.0;
}
// Of all processes in a list divided by commas.
static double cpu(const char *pids) {
  double sum = 0;
  for (const char *p = pids; *p;) { sum += cpu_of(atoi(p)); p += strcspn(p, ","); if (*p) p++; }
  return sum;
}
int main(int ac, char **av) {
  int C = 8, D = 8; const char *pid = ""; double seconds = 3; const char *path = "/events/t"; struct sockaddr_in dst = {.sin_family = AF_INET};
  for (int i = 1; i + 1 < ac; i += 2) {
    char *o = av[i], *v = av[i + 1];
    if (!strcmp(o, "--dst")) { char h[64]; int p; if (sscanf(v, "%63[^:]:%d", h, &p) != 2) return 2; dst.sin_port = htons(p); inet_pton(AF_INET, h, &dst.sin_addr); }
    else if (!strcmp(o, "--connections")) C = atoi(v); else if (!strcmp(o, "--pipeline")) D = atoi(v); else if (!strcmp(o, "--seconds")) seconds = atof(v);
    else if (!strcmp(o, "--path")) path = v; else if (!strcmp(o, "--pid")) pid = v; else { fprintf(stderr, "unknown option %s\n", o); return 2; }
  }
  if ((ntohl(dst.sin_addr.s_addr) >> 24) != 127) { fprintf(stderr, "loopback only\n"); return 2; }
  char body[129]; memset(body, 'x', 128); body[128] = 0;
  char request[1024]; int length = sprintf(request, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: 128\r\n\r\n%s", path, body);
  char *many = malloc((size_t)length * D); for (int d = 0; d < D; d++) memcpy(many + d * length, request, length);
  typedef struct { int fd, flight, have; char in[65536]; } conn; conn *c = calloc(C, sizeof *c); long ok = 0, bad = 0;
  for (int i = 0; i < C; i++) { c[i].fd = socket(AF_INET, SOCK_STREAM, 0); int one = 1; setsockopt(c[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, 4); if (connect(c[i].fd, (void *)&dst, sizeof dst)) { perror("connect"); return 2; } }
  double t0 = now(), c0 = cpu(pid), end = t0 + seconds;
  for (int open = C; now() < end && open;) for (int i = 0; i < C; i++) {
    if (c[i].fd < 0) continue;
    if (c[i].flight < D) { int k = D - c[i].flight; if (send(c[i].fd, many, (size_t)k * length, MSG_NOSIGNAL) < 0) { bad++; close(c[i].fd); c[i].fd = -1; open--; continue; } c[i].flight = D; }
    ssize_t n = recv(c[i].fd, c[i].in + c[i].have, sizeof c[i].in - 1 - c[i].have, MSG_DONTWAIT);
    if (n < 0) continue;
    if (n == 0) { bad++; close(c[i].fd); c[i].fd = -1; open--; continue; }
    c[i].have += n; c[i].in[c[i].have] = 0; char *p = c[i].in, *e = p + c[i].have;
    for (;;) { char *x = memmem(p, e - p, "\r\n\r\n", 4); if (!x) break; *x = 0; char *l = strcasestr(p, "content-length:"); int body_length = l ? atoi(l + 15) : 0; int code = atoi(p + 9); *x = '\r';
      if (x + 4 + body_length > e) break; if (code >= 200 && code < 300) ok++; else bad++; c[i].flight--; p = x + 4 + body_length; }
    c[i].have = e - p; memmove(c[i].in, p, c[i].have);
  }
  double took = now() - t0, used = cpu(pid) - c0;
  printf("{\"accepted\":%ld,\"bad\":%ld,\"seconds\":%.3f,\"rate\":%.0f,\"cpu_us\":%.2f}\n", ok, bad, took, ok / took, ok ? used * 1e6 / ok : 0);
  return 0;
}
