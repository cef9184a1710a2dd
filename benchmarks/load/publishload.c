// publishload: publishes to a hub over kept-alive connections and times the answers (Linux, loopback only).
//
//   publishload closed --port N   each connection keeps --pipeline requests on their way
//   publishload rate --port N     --rate requests a second on a clock; a late answer counts from when it was due
//   publishload sync --file F     the disk alone: 16 KiB written over, and fdatasync; at once, or --rate a second
//
// --connections 64, --pipeline 1, --path /events/t, --topics 0 (more: their numbers are put behind the path), --warm 4 and
// --seconds 8, of which the first do not count, --pid 1,2 (whose processor time is counted for each answer), --json.
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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
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

static const char *pids = "", *path = "/events/t", *file_name;
static int json, port, n_connections = 64, pipeline = 1, topics;
static double per_second, warm = 4, length = 8, cpu_before;

// Processor seconds of all processes in the list.
static double cpu(void) {
  double sum = 0;
  for (const char *p = pids; *p; p += strcspn(p, ","), p += *p == ',') {
    char name[64], stat[1024];
    snprintf(name, sizeof name, "/proc/%d/stat", atoi(p));
    FILE *file = fopen(name, "r");
    if (!file) die(name);
    stat[fread(stat, 1, sizeof stat - 1, file)] = 0;
    fclose(file);
    unsigned long user = 0, system = 0;
    sscanf(strrchr(stat, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    sum += (double)(user + system) / sysconf(_SC_CLK_TCK);
  }
  return sum;
}

static void begin_to_count(void) {
  counting = 1;
  cpu_before = cpu();
}

static void say(const char *name, double seconds) {
  struct rusage own;
  getrusage(RUSAGE_SELF, &own);
  double used = cpu() - cpu_before;
  if (json) {
    printf("{\"accepted\":%zu,\"bad\":%zu,\"seconds\":%.3f,\"rate\":%.0f,\"cpu_us\":%.2f}\n", answered, refused, seconds,
           answered / seconds, answered ? used * 1e6 / answered : 0);
    return;
  }
  if (!answered) {
    printf("%s: nothing was answered\n", name);
    exit(1);
  }
  qsort(micros, answered, sizeof *micros, ascending);
  printf("%-44s %9.0f/s  median %.2f ms, p99 %.2f ms, p99.9 %.2f ms, max %.2f ms; refused %zu; own cpu %.2f s", name,
         answered / seconds, micros[answered / 2] / 1e3, micros[answered * 99 / 100] / 1e3, micros[answered * 999 / 1000] / 1e3,
         micros[answered - 1] / 1e3, refused, own.ru_utime.tv_sec + own.ru_utime.tv_usec / 1e6 + own.ru_stime.tv_sec + own.ru_stime.tv_usec / 1e6);
  if (*pids) printf("; the hub's %.1f us each", used * 1e6 / answered);
  printf("\n");
}

static void count(uint64_t nanos, int ok) {
  if (!counting) return;
  if (!ok) refused++;
  else if (answered < MOST) micros[answered++] = nanos / 1e3f;
}

// ---------------------------------------------------------------- the disk alone

static void sleep_until(uint64_t due) {
  struct timespec at = {due / 1000000000, due % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {}
}

// One after the other, or so many a second on a clock.
static void measure_sync(void) {
  static char block[16 << 10];
  int file = open(file_name, O_CREAT | O_RDWR, 0600);
  if (file < 0) die(file_name);
  for (int i = 0; i < 1024; i++) {
    if (pwrite(file, block, sizeof block, (off_t)i * sizeof block) < 0) die(file_name);
  }
  fsync(file);
  begin_to_count();
  uint64_t begin = now(), end = begin + length * 1e9;
  for (unsigned i = 0; now() < end; i++) {
    if (per_second) sleep_until(begin + (i + 1) * (1e9 / per_second));
    uint64_t start = now();
    if (pwrite(file, block, sizeof block, (off_t)(i % 1000) * sizeof block) < 0 || fdatasync(file)) die(file_name);
    count(now() - start, 1);
  }
  char name[80] = "raw: 16 KiB and fdatasync";
  if (per_second) sprintf(name + strlen(name), ", %.0f a second", per_second);
  say(name, (now() - begin) / 1e9);
  unlink(file_name);
}

// ---------------------------------------------------------------- publishing

static int epoll;
static struct sockaddr_in hub;
static struct connection *connections;

static void open_connection(struct connection *c, int index) {
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  c->topic = topics ? index % topics : 0;
  int yes = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(c->fd, (struct sockaddr *)&hub, sizeof hub)) die("connect");
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
}

// Sends so many requests at once, as due at a time.
static void send_requests(struct connection *c, int n, uint64_t due) {
  static char requests[MAX_PIPELINE * (BODY + 512)];
  char number[12] = "";
  if (topics) sprintf(number, "%d", c->topic);
  int size = 0;
  for (int i = 0; i < n; i++) {
    size += sprintf(requests + size, "POST %s%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n",
                    path, number, BODY);
    memset(requests + size, 'x', BODY);
    size += BODY;
    c->sent[c->tail++ % MAX_PIPELINE] = due;
  }
  c->in_flight += n;
  for (int done = 0; done < size;) {
    ssize_t sent = send(c->fd, requests + done, size - done, MSG_NOSIGNAL);
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
    char *end = body + 4 + (header && header < body ? atoi(header + 16) : 0);
    if (end > c->answers + c->length) break;
    count(time - c->sent[c->head++ % MAX_PIPELINE], at[9] == '2');
    at = end;
    taken++;
  }
  c->length -= at - c->answers;
  memmove(c->answers, at, c->length + 1);
  c->in_flight -= taken;
  return taken;
}

// With so many more sent for as many as were answered, or with none.
static void poll_answers(int again, int timeout_millis) {
  struct epoll_event events[256];
  int n = epoll_wait(epoll, events, 256, timeout_millis);
  for (int i = 0; i < n; i++) {
    struct connection *c = events[i].data.ptr;
    int taken = c ? take_answers(c) : 0;
    if (again && taken) send_requests(c, taken, now());
  }
}

static void closed(void) {
  for (int i = 0; i < n_connections; i++) send_requests(&connections[i], pipeline, now());
  // Until the hub is warm nothing counts.
  for (uint64_t end = now() + warm * 1e9; now() < end;) poll_answers(1, 100);
  begin_to_count();
  uint64_t begin = now();
  for (uint64_t end = begin + length * 1e9; now() < end;) poll_answers(1, 100);
  char name[80];
  sprintf(name, "%d connections, %d on their way each", n_connections, pipeline);
  say(name, (now() - begin) / 1e9);
}

// Sleeps until the next is due: a client that polls would take a processor from the hub.
static void paced(void) {
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event tick = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};
  epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &tick);
  uint64_t begin = now(), sent = 0, uncounted = warm * per_second, all = uncounted + length * per_second;
  while (answered + refused < all - uncounted && now() < begin + (warm + length + 10) * 1e9) {
    uint64_t due = begin + sent * (1e9 / per_second);
    if (sent < all && now() >= due) {
      if (sent == uncounted) {
        for (int i = 0; i < n_connections; i++) while (connections[i].in_flight) poll_answers(0, 1);
        begin = now() - sent * (1e9 / per_second);
        due = now();
        begin_to_count();
      }
      send_requests(&connections[sent % n_connections], 1, due);
      sent++;
    } else {
      struct itimerspec at = {.it_value = {due / 1000000000, due % 1000000000}};
      timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
      poll_answers(0, 100);
    }
  }
  char name[80];
  sprintf(name, "%d connections, %.0f a second", n_connections, per_second);
  say(name, (now() - begin) / 1e9 - uncounted / per_second);
}

static int option(const char *name, const char *value) {
  if (!strcmp(name, "--port")) port = atoi(value);
  else if (!strcmp(name, "--connections")) n_connections = atoi(value);
  else if (!strcmp(name, "--pipeline")) pipeline = atoi(value);
  else if (!strcmp(name, "--path")) path = value;
  else if (!strcmp(name, "--topics")) topics = atoi(value);
  else if (!strcmp(name, "--warm")) warm = atof(value);
  else if (!strcmp(name, "--seconds")) length = atof(value);
  else if (!strcmp(name, "--rate")) per_second = atof(value);
  else if (!strcmp(name, "--file")) file_name = value;
  else if (!strcmp(name, "--pid")) pids = value;
  else return 0;
  return 1;
}

static int usage(const char *what) {
  fprintf(stderr, "publishload: %s; publishload closed|rate|sync, and options: see the top of its source\n", what);
  return 2;
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  for (int i = 2; i < argc; i++) {
    if (!strcmp(argv[i], "--json")) json = 1;
    else if (i + 1 == argc || !option(argv[i], argv[i + 1])) return usage(argv[i]);
    else i++;
  }
  int is_sync = !strcmp(mode, "sync"), is_rate = !strcmp(mode, "rate");
  if (!is_sync && !is_rate && strcmp(mode, "closed")) return usage("which mode?");
  if (is_sync ? !file_name : !port) return usage(is_sync ? "--file is needed" : "--port is needed");
  if (is_rate && per_second <= 0) return usage("--rate is needed");
  if (pipeline < 1 || pipeline > MAX_PIPELINE || n_connections < 1 || strlen(path) > 256) return usage("out of bounds");
  micros = malloc(MOST * sizeof *micros);
  prctl(PR_SET_TIMERSLACK, 1);
  if (is_sync) {
    measure_sync();
    return 0;
  }
  hub = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  epoll = epoll_create1(0);
  connections = calloc(n_connections, sizeof *connections);
  for (int i = 0; i < n_connections; i++) open_connection(&connections[i], i);
  if (is_rate) paced();
  else closed();
  return refused > 0;
}
