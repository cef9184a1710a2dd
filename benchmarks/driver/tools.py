"""The load tools, on core 1, and what they answer."""
import json, os, re, shutil, subprocess, sys, time

from places import ROOT, WORK
from servers import Trouble

PIN = ['taskset', '-c', '1']


def command(server, phases, n, out, *more):
    return [os.path.join(WORK, 'sseload'), '--idle-ms', '200', '-n', str(n), '--dst', server.address(), '--path', server.subscribe,
            '--pub-path', server.publish, '--pub-header', 'Content-Type: text/plain', '--pid', str(server.process.pid), '--name', server.name,
            '--json', out, '--drain', '30', '--phases', phases, *more]


def phases_in(out):
    """The JSON of each phase, by its name."""
    if not os.path.exists(out): return {}
    return {row['phase']: row for row in map(json.loads, open(out))}


def sseload(server, phases, n, *more):
    """Runs the load tool against a server; it polls, since the one who wakes a sleeper pays for it. Answers the JSON of each phase."""
    out = os.path.join(WORK, f'out-{os.getpid()}.jsonl')
    if os.path.exists(out): os.remove(out)
    result = run(PIN + command(server, phases, n, out, '--spin', *more), 150)
    answer = phases_in(out)
    wanted = [phase for phase in phases.split(',') if not phase.startswith('warm:') and phase != 'none']
    missing = [phase for phase in wanted if phase not in answer]
    if missing or not answer: raise Trouble(f'{server.name}: {", ".join(missing) or phases} not measured: {(result.stdout + result.stderr)[-300:]}')
    for row in answer.values():
        if row.get('connected', n) < 0.95 * n: raise Trouble(f"{server.name}: {row['connected']} of {n} connected")
    return answer


def publishload(server, topic, seconds):
    result = run(PIN + [os.path.join(WORK, 'publishload'), 'closed', '--json', '--port', str(server.port), '--path',
                        server.publish.replace('{t}', topic), '--connections', '8', '--pipeline', '8', '--warm', '0', '--seconds', str(seconds),
                        '--pid', ','.join(server.pids())], 60)
    return json.loads(result.stdout)


def sseload2(server, connections, events=3, tls=False):
    """A hundred streams of HTTP/2 on each connection: bytes a stream, streams, those that miss something, seconds of each event's way, microseconds."""
    more = ['--tls', '1'] if tls else []
    result = run(PIN + [os.path.join(WORK, 'sseload2'), '--dst', server.address(), '--connections', str(connections), '--streams', '100',
                        '--events', str(events), '--pid', str(server.process.pid), *more], 240)
    memory = re.search(r'= (\d+) bytes a stream', result.stdout)
    whole = re.search(r'(\d+) of (\d+) streams have all', result.stdout)
    if not memory or not whole: raise Trouble('sseload2: ' + (result.stdout + result.stderr)[-300:])
    return dict(bytes=float(memory.group(1)), streams=int(whole.group(2)), missing=int(whole.group(2)) - int(whole.group(1)),
                opened=float(re.search(r'connections in ([0-9.]+) s', result.stdout).group(1)),
                seconds=[float(s) for s in re.findall(r'deliveries in ([0-9.]+) s', result.stdout)],
                cpu=[float(s) for s in re.findall(r'([0-9.]+) us of server CPU', result.stdout)])


def run(command, seconds):
    try: return subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired: raise Trouble(f'{os.path.basename(command[3])} took more than {seconds} s') from None


def warm(server, longest):
    """What the rows do, again and again until the compilers of the server rest, or for so many seconds.

    The same for every server. Who compiles while it runs does so for seconds, and longer where it has one core; who does not is done after the first
    time.
    """
    until = time.monotonic() + longest
    many = '--pubconns', '8', '--pipeline', '8'
    while True:
        began, before = time.monotonic(), server.compiler_seconds()
        sseload(server, 'warm:closed:1:0.7', 1000)
        sseload(server, 'warm:closed:64:0.5', 1000, *many)
        sseload(server, 'warm:closed:64:0.5', 1000, '--topics', '1000', *many)
        now = time.monotonic()
        if now > until or server.compiler_seconds() - before < 0.02 * (now - began): return


# ---------------------------------------------------------------- before the first row

def install(command, *packages):
    if shutil.which(command) or os.getuid() != 0 or not shutil.which('apt-get'): return
    print('installing', *packages, flush=True)
    subprocess.run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', *packages], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


# Each tool with what it can do without: the floor with epoll needs no io_uring, HTTP/2 without TLS no OpenSSL.
TOOLS = {'sseload': None, 'publishload': None, 'sseload2': (['-lssl', '-lcrypto'], '-DNO_TLS', 'no_tls'), 'ssebound': (['-luring'], '-DNO_URING', 'no_uring')}


def compile(tool, less):
    source, target = os.path.join(ROOT, 'benchmarks/load', tool + '.c'), os.path.join(WORK, tool)
    if os.path.exists(target) and os.path.getmtime(target) > os.path.getmtime(source): return
    gcc = ['gcc', '-O2', '-w', '-o', target, source]
    if less is None:
        subprocess.run(gcc, check=True)
        return
    libraries, without, mark = less
    mark = os.path.join(WORK, mark)
    if os.path.exists(mark): os.remove(mark)
    if subprocess.run(gcc + libraries, stderr=subprocess.DEVNULL).returncode == 0: return
    subprocess.run(gcc + [without], check=True)
    open(mark, 'w').close()


def build_jvm_peers():
    """They are left out where they cannot be built, and that is said."""
    log = os.path.join(WORK, 'peers.log')
    built = subprocess.run(['sh', '-c', '. scripts/common.sh; use_newest_jdk; for more in -o ""; do mvn -B -ntp -q $more -f benchmarks/peers/jvm/pom.xml '
                            f'package >>{log} 2>&1 && exit 0; done; exit 1'], cwd=ROOT).returncode == 0
    if not built: print(f'The peers on the JVM could not be built ({log}), and are left out.', file=sys.stderr)


def prepare(with_jvm_peers):
    os.makedirs(WORK, exist_ok=True)
    install('gcc', 'gcc', 'libc6-dev')
    if not os.path.exists('/usr/include/openssl/ssl.h'): install('no-such-command', 'libssl-dev')
    if not os.path.exists('/usr/include/liburing.h'): install('no-such-command', 'liburing-dev')
    install('nginx', 'nginx', 'libnginx-mod-nchan')
    install('node', 'nodejs')
    install('openssl', 'openssl')
    for tool, less in TOOLS.items(): compile(tool, less)
    subprocess.run(['sh', '-c', '. scripts/common.sh; use_newest_jdk; build_if_stale'], cwd=ROOT, check=True)
    if with_jvm_peers: build_jvm_peers()
