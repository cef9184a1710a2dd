// publishload: publishes to a hub over kept-alive connections and times the answers (Linux, loopback only).
//
//   publishload sync FILE SECONDS                                 the disk alone: 16 KiB written over, and fdatasync
//   publishload closed PORT CONNECTIONS PIPELINE TOPICS SECONDS   each connection keeps so many requests on their way
//   publishload rate PORT CONNECTIONS PER_SECOND TOPICS SECONDS   on a clock; late answers count from when they were due
//
// gcc -O2 -o publishload publishload.c
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PIPELINE = 1024, BODY = 128, ANSWERS = 1 << 16, MOST = 1 << 24 };

struct connection {
  int fd, topic, in_flight, length;
  uint64_t sent[MAX_PIPELINE];
  unsigned head, tail;
  char answers[ANSWERS];
};

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void die(const char *what) {
  perror(what);
  exit(2);
}

static float *micros;
static size_t answered, refused;
static int counting;

static int ascending(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static void say(const char *name, double seconds) {
  struct rusage own;
  getrusage(RUSAGE_SELF, &own);
  if (!answered) {
    printf("%s: nothing was answered\n", name);
    exit(1);
  }
  qsort(micros, answered, sizeof *micros, ascending);
  printf("%-44s %9.0f/s  median %.2f ms, p99 %.2f ms, p99.9 %.2f ms, max %.2f ms; refused %zu; own cpu %.2f s\n", name,
         answered / seconds, micros[answered / 2] / 1e3, micros[answered * 99 / 100] / 1e3, micros[answered * 999 / 1000] / 1e3,
         micros[answered - 1] / 1e3, refused, own.ru_utime.tv_sec + own.ru_utime.tv_usec / 1e6 + own.ru_stime.tv_sec + own.ru_stime.tv_usec / 1e6);
}

static void count(uint64_t nanos, int ok) {
  if (!counting) return;
  if (!ok) refused++;
  else if (answered < MOST) micros[answered++] = nanos / 1e3f;
}

// ---------------------------------------------------------------- the disk alone

static void measure_sync(const char *path, double seconds) {
  static char block[16 << 10];
  int file = open(path, O_CREAT | O_RDWR, 0600);
  if (file < 0) die(path);
  for (int i = 0; i < 1024; i++) {
    if (pwrite(file, block, sizeof block, (off_t)i * sizeof block) < 0) die(path);
  }
  fsync(file);
  counting = 1;
  uint64_t begin = now(), end = begin + seconds * 1e9;
  for (unsigned i = 0; now() < end; i++) {
    uint64_t start = now();
    if (pwrite(file, block, sizeof block, (off_t)(i % 1000) * sizeof block) < 0 || fdatasync(file)) die(path);
    count(now() - start, 1);
  }
  say("raw: 16 KiB and fdatasync", (now() - begin) / 1e9);
  unlink(path);
}

// ---------------------------------------------------------------- publishing

static int epoll;
static struct sockaddr_in hub;
static struct connection *connections;

static void open_connection(struct connection *c, int index, int topics) {
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  c->topic = index % topics;
  int yes = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(c->fd, (struct sockaddr *)&hub, sizeof hub)) die("connect");
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
}

// Sends so many requests at once, as due at a time.
static void send_requests(struct connection *c, int n, uint64_t due) {
  static char requests[MAX_PIPELINE * (BODY + 128)];
  int length = 0;
  for (int i = 0; i < n; i++) {
    length += sprintf(requests + length, "POST /events/t%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", c->topic, BODY);
    memset(requests + length, 'x', BODY);
    length += BODY;
    c->sent[c->tail++ % MAX_PIPELINE] = due;
  }
  c->in_flight += n;
  for (int done = 0; done < length;) {
    ssize_t sent = send(c->fd, requests + done, length - done, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) die("send");
    if (sent > 0) done += sent;
  }
}

// Takes the answers that have come; returns how many.
static int take_answers(struct connection *c) {
  ssize_t n = recv(c->fd, c->answers + c->length, ANSWERS - 1 - c->length, 0);
  if (n < 0 && errno == EAGAIN) return 0;
  if (n <= 0) die("the hub closed a connection");
  c->length += n;
  c->answers[c->length] = 0;
  uint64_t time = now();
  int taken = 0;
  char *at = c->answers;
  for (;;) {
    char *body = strstr(at, "\r\n\r\n");
    if (!body) break;
    char *header = strcasestr(at, "content-length: ");
    if (!header || header > body) die("an answer without a length");
    char *end = body + 4 + atoi(header + 16);
    if (end > c->answers + c->length) break;
    count(time - c->sent[c->head++ % MAX_PIPELINE], !strncmp(at + 9, "200", 3));
    at = end;
    taken++;
  }
  c->length -= at - c->answers;
  memmove(c->answers, at, c->length + 1);
  c->in_flight -= taken;
  return taken;
}

static void poll_answers(int pipeline, int timeout_millis) {
  struct epoll_event events[256];
  int n = epoll_wait(epoll, events, 256, timeout_millis);
  for (int i = 0; i < n; i++) {
    struct connection *c = events[i].data.ptr;
    int taken = take_answers(c);
    if (pipeline && taken) send_requests(c, taken, now());
  }
}

static void closed(int n, int pipeline, double seconds) {
  for (int i = 0; i < n; i++) send_requests(&connections[i], pipeline, now());
  // Until the hub is warm nothing counts.
  for (uint64_t end = now() + 4e9; now() < end;) poll_answers(pipeline, 100);
  counting = 1;
  uint64_t begin = now();
  for (uint64_t end = begin + seconds * 1e9; now() < end;) poll_answers(pipeline, 100);
  char name[80];
  sprintf(name, "%d connections, %d on their way each", n, pipeline);
  say(name, (now() - begin) / 1e9);
}

static void paced(int n, double per_second, double seconds) {
  uint64_t begin = now(), sent = 0, warm = 3 * per_second, all = warm + seconds * per_second;
  while (answered + refused < all - warm && now() < begin + (seconds + 10) * 1e9) {
    uint64_t due = begin + sent * (1e9 / per_second);
    if (sent < all && now() >= due) {
      if (sent == warm) {
        for (int i = 0; i < n; i++) while (connections[i].in_flight) poll_answers(0, 1);
        begin = now() - sent * (1e9 / per_second);
        due = now();
        counting = 1;
      }
      send_requests(&connections[sent % n], 1, due);
      sent++;
    } else poll_answers(0, 0);
  }
  char name[80];
  sprintf(name, "%d connections, %.0f a second", n, per_second);
  say(name, seconds);
}

int main(int argc, char **argv) {
  micros = malloc(MOST * sizeof *micros);
  if (argc == 4 && !strcmp(argv[1], "sync")) {
    measure_sync(argv[2], atof(argv[3]));
    return 0;
  }
  if (argc != 7 || (strcmp(argv[1], "closed") && strcmp(argv[1], "rate"))) {
    fprintf(stderr, "publishload sync FILE SECONDS | closed PORT CONNECTIONS PIPELINE TOPICS SECONDS | rate PORT CONNECTIONS PER_SECOND TOPICS SECONDS\n");
    return 2;
  }
  int n = atoi(argv[3]), topics = atoi(argv[5]);
  hub = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[2])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  epoll = epoll_create1(0);
  connections = calloc(n, sizeof *connections);
  for (int i = 0; i < n; i++) open_connection(&connections[i], i, topics);
  if (!strcmp(argv[1], "closed")) closed(n, atoi(argv[4]), atof(argv[6]));
  else paced(n, atof(argv[4]), atof(argv[6]));
  return refused > 0;
}
