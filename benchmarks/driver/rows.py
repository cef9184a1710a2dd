"""What is measured: each row lets its servers take turns, so that a drifting machine drifts for all of them."""
import json, os, statistics, subprocess, sys, time, urllib.request

import servers
from places import ROOT, WORK
from servers import KINDS, Runnel, Trouble
from tools import PIN, command, phases_in, publishload, sseload, sseload2, warm

OWN_AND_PEERS = ('floor', 'runnel', 'nchan', 'node')
JVM_PEERS = ('vertx', 'jetty', 'spring-mvc')


class Row:
    """A row of the page.

    measure(setting, rows) answers {row: {server: [run, ...]}}; a run is a dict of value, lost, note, and where known cpu (microseconds a delivery) and
    bytes (a delivery). met(Medians) says whether the target is met.
    """

    def __init__(self, name, title, target, unit, lower, met, group, measure):
        self.name, self.title, self.target, self.unit, self.lower, self.met, self.group, self.measure = name, title, target, unit, lower, met, group, measure


ROWS = {}

# Seconds of three rounds, by group, on a machine with nothing else to do; a minute for the others.
EXPECTED = {'fan-out-1000': 500, 'fan-out-10000': 780, 'steady-10000': 460, 'steady-1000': 410, 'idle-memory': 80, 'many-topics': 205, 'publish-alone': 20,
            'publish-to-1000': 95, 'reconnect-storm': 75, 'stalled-readers': 290, 'http2-idle': 50, 'http2-tls-idle': 90, 'flat-subscribers': 255,
            'flat-topics': 75, 'flat-history': 65, 'start': 15}


def row(title, target, unit, met, lower=True):
    def register(function):
        name = function.__name__.replace('_', '-')
        ROWS[name] = Row(name, title, target, unit, lower, met, name, lambda setting, rows: {name: function(setting)})
        return function
    return register


# ---------------------------------------------------------------- servers take turns

RUNNING = {}  # servers that were started and are warm, by name


def started(name, setting, fresh=False):
    """A server, warm: the one that is running, or one that nobody has used yet."""
    if fresh or name not in RUNNING or not RUNNING[name].runs() or RUNNING[name].ephemeral:
        stop(name)
        server = RUNNING[name] = KINDS[name]().start()
        warm(server, server.warm_seconds / (4 if fresh else 1) * setting.scale)
    return RUNNING[name]


def stop(name):
    if name in RUNNING: RUNNING.pop(name).stop()


def stop_all():
    for name in list(RUNNING): stop(name)


def turns(names, setting, work, rounds=None, fresh=False):
    """Lets the servers take turns, every other round in the opposite order; answers for each what work gave.

    One that fails is left out of that round, and that is said.
    """
    names = [name for name in names if (name not in JVM_PEERS or setting.jvm) and KINDS[name]().available()]
    results = {name: [] for name in names}
    for turn in range(rounds or setting.rounds):
        for name in names if turn % 2 == 0 else reversed(names):
            try:
                server = started(name, setting, fresh)
                results[name].append(work(server))
                if fresh or server.ephemeral: stop(name)  # memory that was freed is not given back, and a history keeps what it was given
                else: server.settle()
            except (Trouble, OSError, KeyError, ValueError) as trouble:
                print(f'  {name}: {trouble}', file=sys.stderr, flush=True)
                setting.troubles.append(f'{name}: {trouble}')
                stop(name)
    return {name: runs for name, runs in results.items() if runs}


class Medians(dict):
    """The median of each server's values, by its name."""

    def __init__(self, results):
        super().__init__({name: statistics.median([run['value'] for run in runs]) for name, runs in results.items()})
        self.results = results

    def over(self, name, base):
        """How many times the other's, turn by turn, since the machine drifts."""
        return statistics.median([run['value'] / other['value'] for run, other in zip(self.results[name], self.results[base])])


def side_by_side(setting, work):
    """More turns for the floor and us alone, where a tenth decides and the machine drifts by more."""
    return turns(('floor', 'runnel'), setting, work, 4 * setting.rounds)


def run_of(phase, value, note):
    """A run with what the load tool saw of CPU and bytes."""
    return dict(value=value, lost=phase['lost'] + phase['dup'], note=note, cpu=phase['us_per_del'], bytes=phase['bytes_per_del'])


# ---------------------------------------------------------------- fan-out

def fan_out(n):
    """All windows of one size in one go: the subscribers connect once."""
    def measure(setting, names):
        windows = [int(name.rsplit('-', 1)[1]) for name in names]
        results = {name: {} for name in names}

        def work(server):
            mine = [w for w in windows if takes_part(server.name, w)]
            phases = ['warm:closed:64:0.7' if max(mine) > 1 else 'warm:closed:1:0.7'] + [f'closed:{w}:{setting.seconds}' for w in mine]
            got = sseload(server, ','.join(phases), n, '--pubconns', '8', '--pipeline', '8')
            for w in mine:
                phase = got[f'closed:{w}:{setting.seconds}']
                results[f'fan-out-{n}-{w}'].setdefault(server.name, []).append(run_of(phase, phase['us_per_del'], f"{phase['dps']:,.0f}/s"))
        everybody = ('floor', 'io_uring', 'runnel', 'nchan', 'node') + JVM_PEERS
        turns([name for name in everybody if any(takes_part(name, w) for w in windows)], setting, work)
        if 1 in windows:
            windows = [1]
            side_by_side(setting, work)
        return results
    return measure


def takes_part(name, window):
    if name == 'io_uring': return window == 1
    return name not in JVM_PEERS or window in (1, 64)


def fan_out_met(window):
    if window == 1: return lambda m: m.over('runnel', 'floor') <= 1.10 and m['runnel'] < m.get('nchan', float('inf'))
    if window == 64: return lambda m: m.over('runnel', 'floor') <= 1 / 8
    return lambda m: m.over('runnel', 'floor') < 1


for size in (1000, 10000):
    for outstanding in (1, 8, 16, 64):
        title = f'One topic, {size:,} subscribers, {outstanding} event{"s" if outstanding > 1 else ""} outstanding: server CPU a delivery'
        wanted = {1: 'at most 1.10 × the floor, below nchan', 64: 'at most 0.125 × the floor'}.get(outstanding, 'below the floor, which writes once a delivery')
        key = f'fan-out-{size}-{outstanding}'
        ROWS[key] = Row(key, title, wanted, 'µs', True, fan_out_met(outstanding), f'fan-out-{size}', fan_out(size))


# ---------------------------------------------------------------- latency

def steady(setting, n, rate):
    def work(server):
        name = f'rate:{rate}:{12 if setting.full else 4}'
        phase = sseload(server, f'warm:rate:{rate}:1,{name}', n)[name]
        note = f"p50 {phase['p50'] / 1000:.1f}, p99 {phase['p99'] / 1000:.1f}"
        if isinstance(server, Runnel):
            # Not those while the clients connected: the tool ends 0.3 s after the phase.
            pauses = server.pauses(time.time() - phase['wall_s'] - 0.4)
            note += f"; {len(pauses)} collector pauses" + (f', the longest {max(pauses):.1f} ms' if pauses else '')
        return run_of(phase, phase['p999'] / 1000, note)
    return turns(OWN_AND_PEERS + JVM_PEERS, setting, work)


def below_every_peer(m): return all(m['runnel'] < value for name, value in m.items() if name not in ('runnel', 'floor', 'io_uring'))


@row('10,000 subscribers, 5 events a second: p99.9 latency', 'below every peer, no pause of a collector shows', 'ms', below_every_peer)
def steady_10000(setting): return steady(setting, 10000, 5)


@row('1,000 subscribers, 50 events a second: p99.9 latency', 'below every peer, no pause of a collector shows', 'ms', below_every_peer)
def steady_1000(setting): return steady(setting, 1000, 50)


# ---------------------------------------------------------------- memory, topics, publishing

@row('15,000 idle subscribers: resident memory of each, over the empty server', 'at most 2,048', 'bytes', lambda m: m['runnel'] <= 2048)
def idle_memory(setting):
    def work(server):
        before = server.rss()
        phase = sseload(server, 'none', 15000, '--batch', '200')['idle']
        return dict(value=(phase['rss_idle'] - before) / max(1, phase['connected']), lost=15000 - phase['connected'], note='')
    return turns(('runnel', 'nchan', 'node'), setting, work, fresh=True)


@row('10,000 topics with one subscriber each, 8 publishers with 8 requests in flight: publishes and deliveries', 'at least 1.5 × nchan, above the floor',
     'a second', lambda m: m.over('runnel', 'floor') > 1 and m['runnel'] >= 1.5 * m.get('nchan', 0), lower=False)
def many_topics(setting):
    def work(server):
        name = f'closed:64:{setting.seconds}'
        phase = sseload(server, f'warm:closed:64:1,{name}', 10000, '--topics', '10000', '--pubconns', '8', '--pipeline', '8')[name]
        return run_of(phase, phase['dps'], '')
    results = turns(OWN_AND_PEERS, setting, work)
    for name, runs in side_by_side(setting, work).items(): results[name] += runs
    return results


def above_nchan(m): return m['runnel'] > m.get('nchan', 0)


@row('Publish requests accepted with no subscriber', 'above nchan', 'a second', above_nchan, lower=False)
def publish_alone(setting):
    def work(server):
        got = publishload(server, '9', setting.seconds)
        return dict(value=got['rate'], lost=got['bad'], note=f"{got['cpu_us']:.1f} µs each")
    return turns(OWN_AND_PEERS, setting, work)


@row('Publish requests accepted with 1,000 subscribers, as fast as those get all of them', 'above nchan', 'a second', above_nchan, lower=False)
def publish_to_1000(setting):
    def work(server):
        name = f'closed:256:{setting.seconds}'
        phase = sseload(server, f'warm:closed:256:1,{name}', 1000, '--pubconns', '8', '--pipeline', '32')[name]
        return run_of(phase, phase['eps'], f"{phase['dps']:,.0f} deliveries/s")
    return turns(OWN_AND_PEERS, setting, work)


# ---------------------------------------------------------------- what goes wrong

@row('15,000 clients come back at once, each 100 events behind: accepted and replayed in a second of the server\'s core',
     'above 15,000, and the p99 of 1,000 live subscribers at most doubled', 'a second',
     lambda m: m['runnel'] > 15000 and m.get('live p99, during over before', 9) <= 2, lower=False)
def reconnect_storm(setting):
    by_clock, first, beside, pause = [], [], [], []

    def run(storm, value):
        return dict(value=value, lost=15000 * 100 - storm['received'] + storm['dup'],
                    note=f"{storm['seconds']:.2f} s for all, {storm['cpu_us']:.0f} µs of server CPU each, {storm['tool_us']:.0f} of the load tool's")

    def a_second_of_core(storm): return run(storm, 1e6 / storm['cpu_us'])

    def work(server):
        ids = [publish(server, 'storm', f'~~{k:010d}{0:020d}'.ljust(128, 'x')) for k in range(101)]
        if not first:
            first.append(a_second_of_core(replay(server, ids[0])))
            for _ in range(3): replay(server, ids[0])
        alone, with_others = replay(server, ids[0]), {}
        by_clock.append(run(alone, alone['connected'] / alone['seconds']))
        before = live(server, lambda: None)
        during = live(server, lambda: with_others.update(replay(server, ids[0])))
        beside.append(a_second_of_core(with_others))
        pause.append(dict(value=during['p99'] / before['p99'], lost=during['lost'] + during['dup'],
                          note=f"{before['p99'] / 1000:.1f} ms before, {during['p99'] / 1000:.1f} ms while they come"))
        return a_second_of_core(alone)
    results = turns(('runnel',), setting, work)
    if results:
        results.update({'runnel, its first storm': first, 'runnel, by the clock': by_clock, 'runnel, which serves live ones beside': beside,
                        'live p99, during over before': pause})
    return results


def publish(server, topic, data):
    request = urllib.request.Request(f'http://{server.address()}/events/{topic}', data.encode(), {'Content-Type': 'text/plain'})
    return json.load(urllib.request.urlopen(request, timeout=10))['id']


def replay(server, cursor):
    server.subscribe = '/events/storm'
    try: return sseload(server, 'none', 15000, '--batch', '15000', '--replay', '100', '--header', 'Last-Event-ID: ' + cursor)['replay']
    finally: server.subscribe = Runnel.subscribe


def live(server, meanwhile):
    """1,000 subscribers get 50 events a second for two seconds; they go before the other load tool on its core, and sleep in between."""
    out = os.path.join(WORK, f'live-{os.getpid()}.jsonl')
    if os.path.exists(out): os.remove(out)
    tool = subprocess.Popen(PIN + ['nice', '-n', '-10'] + command(server, 'rate:50:2', 1000, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while 'idle' not in phases_in(out) and time.monotonic() < until: time.sleep(0.02)
        time.sleep(0.2)
        meanwhile()
        tool.wait(60)
    finally:
        if tool.poll() is None: tool.kill()
    return phases_in(out)['rate:50:2']


@row('200 of 5,000 readers stop reading (events of 4 KiB, 20 a second): p99 of the others', 'at most 1.2 × of when all read, at most 64 KiB for each that stopped',
     'ms', lambda m: m.over('runnel', 'runnel, all read') <= 1.2 and m['KiB for each that stopped, counted'] <= 64)
def stalled_readers(setting):
    all_read, counted, resident = [], [], []

    def work(server):
        name = f'rate:20:{10 if setting.full else 5}'
        whole = sseload(server, 'warm:rate:20:1,' + name, 5000, '--payload', '4096')[name]
        filled(server, 0, lambda: None)  # What the server keeps of these events is not for those that stop.
        server.settle()
        before = server.rss()
        some, memory = filled(server, 200, lambda: (sseload(server, 'warm:rate:20:1,' + name, 4800, '--payload', '4096')[name], server.rss() - before))
        kib = max(0, memory) / 200 / 1024
        note = f"{whole['p99'] / 1000:,.0f} ms when all read; {kib:,.0f} KiB resident for each that stopped"
        if isinstance(server, Runnel):
            all_read.append(run_of(whole, whole['p99'] / 1000, ''))
            resident.append(dict(value=kib, lost=0, note='with the heap, which grows by what was free'))
        return run_of(some, some['p99'] / 1000, note)

    def filled(server, stop, work):
        """Does it while 200 readers hold their connections, of which so many stopped before they were sent 4.8 MB."""
        out = os.path.join(WORK, f'stalled-{os.getpid()}.jsonl')
        if os.path.exists(out): os.remove(out)
        full = server.metric('runnel_held_up_total') if isinstance(server, Runnel) else 0
        tool = subprocess.Popen(PIN + command(server, 'rate:30:5,listen:40', 200, out, '--payload', '32000', '--stall', str(stop)),
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 60
            while 'rate:30:5' not in phases_in(out) and time.monotonic() < until: time.sleep(0.1)
            if isinstance(server, Runnel) and stop:
                full = server.metric('runnel_held_up_total') - full
                counted.append(dict(value=server.metric('runnel_stream_queued_bytes') / stop / 1024, lost=0, note=f'{full:,.0f} sockets were full'))
            return work()
        finally:
            tool.kill()
            tool.wait()
    results = turns(('runnel', 'nchan') if setting.full else ('runnel',), setting, work, fresh=True)
    if results: results.update({'runnel, all read': all_read, 'KiB for each that stopped, counted': counted, 'KiB for each that stopped, resident': resident})
    return results


# ---------------------------------------------------------------- HTTP/2

def http2(setting, tls):
    def work(server):
        connections = 10000 if setting.full else 1000
        got = sseload2(server, connections, tls=tls)
        seconds = statistics.median(got['seconds'])
        return dict(value=got['bytes'], lost=got['missing'], cpu=statistics.median(got['cpu']),
                    note=f"opened in {got['opened']:.0f} s; an event to all {got['streams']:,} in {seconds:.2f} s")

    def own(server_options):
        runs = []
        for _ in range(setting.rounds):
            server = Runnel(server_options)
            try:
                server.start()
                runs.append(work(server))
            except (Trouble, OSError, AttributeError, ValueError) as trouble:
                print(f'  runnel: {trouble}', file=sys.stderr, flush=True)
                setting.troubles.append(f'runnel: {trouble}')
            finally: server.stop()
        return {'runnel': runs} if runs else {}
    return own(certificate() if tls else '')


def certificate():
    """A key and a certificate for localhost, made for this row."""
    key, chain = os.path.join(WORK, 'key.pem'), os.path.join(WORK, 'cert.pem')
    if not os.path.exists(chain):
        servers.said('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30', '-subj', '/CN=localhost',
                     '-keyout', key, '-out', chain)
    return f'--tls-cert {chain} --tls-key {key}'


def small_and_whole(m): return m['runnel'] <= 2048


@row('1,000,000 idle HTTP/2 subscriptions (100,000 in a quick run), 100 a connection: resident memory of each', 'at most 2,048, and a broadcast reaches all',
     'bytes', small_and_whole)
def http2_idle(setting): return http2(setting, False)


@row('The same over TLS', 'at most 2,048, and a broadcast reaches all', 'bytes', small_and_whole)
def http2_tls_idle(setting):
    if os.path.exists(os.path.join(WORK, 'no_tls')): raise Trouble('the load tool was built without OpenSSL (libssl-dev)')
    return http2(setting, True)


# ---------------------------------------------------------------- flat

def flat(sizes, prepare, measure):
    """The cost at several sizes, in one server; the value is the largest over the first."""
    def work(server):
        costs = []
        measure(server, sizes[0])  # a first one that is cold would hide what grows
        for size in sizes:
            prepare(server, size)
            costs.append(measure(server, size))
        return dict(value=max(costs) / costs[0], lost=0, note=', '.join(f'{size:,}: {cost:.2f} µs' for size, cost in zip(sizes, costs)))
    return work


def cost(setting, server, n):
    name = f'closed:8:{setting.seconds}'
    return sseload(server, f'warm:closed:8:0.7,{name}', n)[name]['us_per_del']


def at_most_a_fifth_more(m): return m['runnel'] <= 1.2


FLAT_SIZES, FLAT_WINDOWS = (1000, 5000, 15000), (1, 8, 64)


def flat_subscribers(setting, names):
    """All windows of one size in one go, as with fan-out; first the first size once more, since one that is cold would hide what grows."""
    results = {name: {} for name in names}

    def costs(server, n):
        phases = {w: f'closed:{w}:{setting.seconds}' for w in FLAT_WINDOWS}
        got = sseload(server, ','.join(['warm:closed:8:0.7', *phases.values()]), n, '--pubconns', '8', '--pipeline', '8')
        server.settle()
        return {w: got[phase]['us_per_del'] for w, phase in phases.items()}

    def work(server):
        costs(server, FLAT_SIZES[0])
        at = {n: costs(server, n) for n in FLAT_SIZES}
        for w in FLAT_WINDOWS:
            if f'flat-subscribers-{w}' not in results: continue
            mine = [at[n][w] for n in FLAT_SIZES]
            note = ', '.join(f'{n:,}: {cost:.2f} µs' for n, cost in zip(FLAT_SIZES, mine))
            results[f'flat-subscribers-{w}'].setdefault(server.name, []).append(dict(value=max(mine) / mine[0], lost=0, note=note))

    turns(('floor', 'runnel'), setting, work)
    return results


for outstanding in FLAT_WINDOWS:
    key = f'flat-subscribers-{outstanding}'
    title = f'From 1,000 to 15,000 subscribers, {outstanding} event{"s" if outstanding > 1 else ""} outstanding: cost of a delivery, the largest over the first'
    ROWS[key] = Row(key, title, 'at most 1.2 × (beside the floor, whose kernel does not stay flat)', '×', True, at_most_a_fifth_more, 'flat-subscribers', flat_subscribers)


@row('From 1 to 100,000 topics in the hub: cost of a delivery to 1,000 subscribers of one', 'at most 1.2 ×', '×', at_most_a_fifth_more)
def flat_topics(setting):
    def topics(server, count):
        if count > 1: sseload(server, 'rate:20000:5.5', 1, '--topics', str(count), '--pubconns', '8', '--pipeline', '32', '--drain', '1')
    return turns(('runnel',), setting, flat((1, 100000), topics, lambda server, n: cost(setting, server, 1000)), fresh=True)


@row('From an empty to a full history (1,000 events of every topic kept): cost of a delivery to 1,000 subscribers', 'at most 1.2 ×', '×', at_most_a_fifth_more)
def flat_history(setting):
    def fill(server, count):
        if count > 0: sseload(server, 'rate:5000:2', 1, '--pubconns', '8', '--pipeline', '32', '--drain', '1')
    return turns(('runnel',), setting, flat((0, 1000), fill, lambda server, n: cost(setting, server, 1000)), fresh=True)


# ---------------------------------------------------------------- start

@row('Start of a packaged hub to the first byte that it serves', 'under 500', 'ms', lambda m: m['runnel'] < 500 and m['runnel --data'] < 500)
def start(setting):
    ways = {'runnel': {}, 'runnel --data': dict(data=True), 'runnel, on one core': dict(pinned=True)}
    oldest = oldest_jdk()
    if oldest: ways[f'runnel, JDK {oldest[0]}'] = dict(jdk=oldest[1])
    results = {way: [] for way in ways}
    for turn in range(2 + setting.rounds):
        for way, how in ways.items():
            milliseconds = first_byte(**how)
            if turn > 0: results[way].append(dict(value=milliseconds, lost=0, note=''))
    return results


def oldest_jdk():
    """Its major version and folder, if there is an older one than the newest; it gets its archive of classes, as ./run would make it."""
    jdks = [line.split(' ', 1) for line in servers.shell('all_jdks').splitlines()]
    if len(jdks) < 2 or jdks[0][0] == jdks[-1][0]: return None
    servers.shell('[ -e $DIST/classes-$JAVA_MAJOR.jsa ] || [ -e $DIST/hub-$JAVA_MAJOR.aot ] || train', env={**os.environ, 'RUNNEL_JAVA': jdks[0][1]})
    return jdks[0]


def first_byte(data=False, pinned=False, jdk=None):
    import shutil, socket, tempfile
    directory = tempfile.mkdtemp(dir=WORK)
    options = 'serve --admin-port 0 ' + (f'--data {directory}' if data else '--memory')
    environment = {**os.environ, **({'RUNNEL_JAVA': jdk} if jdk else {})}
    java = servers.shell('DIST=$PWD/$DIST; echo "$JAVA_HOME/bin/java" $(jvm_options hub) -cp "$DIST/lib/*" io.runnel.hub.Runnel', env=environment).split()
    port = next(servers.PORTS)
    began = time.monotonic()
    process = subprocess.Popen((['taskset', '-c', '0'] if pinned else []) + java + options.split() + ['--port', str(port)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    try:
        while process.poll() is None and time.monotonic() - began < 20:
            try: connection = socket.create_connection(('127.0.0.1', port), 5)
            except OSError:
                time.sleep(0.002)
                continue
            with connection:
                connection.sendall(b'GET /events/x HTTP/1.1\r\nHost: localhost\r\n\r\n')
                if connection.recv(1): return (time.monotonic() - began) * 1000
        raise Trouble('the hub did not answer within 20 s')
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(directory, ignore_errors=True)
