"""The servers that are measured, each pinned to core 0: ours, the floors, the peers."""
import glob, os, re, shutil, socket, subprocess, time, urllib.request
from datetime import datetime

from places import PEERS, ROOT, WORK


def free_ports():
    """Ports that nobody listens on, and neither on the next one."""
    for port in range(18601, 30000, 2):
        if not any(answers(p) for p in (port, port + 1)): yield port


def answers(port):
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
        return True
    except OSError: return False


PORTS = free_ports()


class Trouble(Exception):
    """A server or a tool did not do what it should; the row goes on without it."""


class Server:
    """One server under test; paths of its topics, with {t} for the topic's number."""
    name = subscribe = publish = ''
    folder = WORK
    warm_seconds = 25
    ephemeral = False  # too much of it stays behind: started anew for each turn
    pinned = True

    def __init__(self, options=''):
        self.options, self.process, self.port = options, None, 0

    def available(self):
        return True

    def command(self):
        raise NotImplementedError

    def start(self):
        self.port = next(PORTS)
        log = open(os.path.join(WORK, self.name + '.log'), 'w')
        pin = ['taskset', '-c', '0'] if self.pinned else []
        self.process = subprocess.Popen(pin + self.command(), stdout=log, stderr=log, cwd=self.folder)
        for _ in range(600):
            if self.process.poll() is not None: raise Trouble(f'{self.name} ended at once; see {log.name}')
            if answers(self.port): return self
            time.sleep(0.05)
        raise Trouble(f'{self.name}: nothing listens on {self.port}')

    def stop(self):
        if self.process is None: return
        self.process.terminate()
        try: self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def pids(self):
        """Its process and that one's children."""
        own = str(self.process.pid)
        return [own] + [p for p in os.listdir('/proc') if p.isdigit() and parent(p) == own]

    def cpu_seconds(self):
        return sum(cpu_seconds(pid) for pid in self.pids())

    def compiler_seconds(self):
        """What the threads took that compile what runs often; a JVM names them."""
        nanoseconds = 0
        for comm in (comm for pid in self.pids() for comm in glob.glob(f'/proc/{pid}/task/*/comm')):
            try:
                if re.match(r'C\d Compiler', open(comm).read()): nanoseconds += int(open(comm[:-4] + 'schedstat').read().split()[0])
            except OSError: pass  # the thread has ended
        return nanoseconds / 1e9

    def rss(self):
        """What sits in memory, its children's as well."""
        kilobytes = 0
        for pid in self.pids():
            with open(f'/proc/{pid}/smaps_rollup') as file: kilobytes += int(re.search(r'Rss:\s+(\d+)', file.read()).group(1))
        return kilobytes * 1024

    def settle(self):
        """Waits until it has done with the clients that left; at most ten seconds."""
        for _ in range(50):
            before = self.cpu_seconds()
            time.sleep(0.2)
            if self.cpu_seconds() - before < 0.02: return

    def address(self):
        return f'127.0.0.1:{self.port}'

    def version(self):
        return ''


def parent(pid):
    try: return open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[1]
    except OSError: return ''


def cpu_seconds(pid):
    try: fields = open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()
    except OSError: return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def shell(script, **more):
    """What a script says that uses scripts/common.sh."""
    return subprocess.run(['sh', '-c', '. scripts/common.sh; use_newest_jdk; ' + script], cwd=ROOT, capture_output=True, text=True, **more).stdout


def said(*command):
    try: result = subprocess.run(command, capture_output=True, text=True)
    except OSError: return ''
    return (result.stdout + result.stderr).strip()


# ---------------------------------------------------------------- the floors

class Floor(Server):
    name, subscribe, publish = 'floor', '/sub/1{t}', '/pub/1{t}'
    mode = 'x'

    def available(self): return os.access(os.path.join(WORK, 'ssebound'), os.X_OK)
    def command(self): return [os.path.join(WORK, 'ssebound'), str(self.port), self.mode]
    def version(self): return 'benchmarks/load/ssebound.c'


class Uring(Floor):
    """The floor with io_uring: what it could save, where the kernel lets it."""
    name, mode = 'io_uring', 'u'

    def available(self):
        if not Floor.available(self) or os.path.exists(os.path.join(WORK, 'no_uring')): return False
        try: return open('/proc/sys/kernel/io_uring_disabled').read().strip() == '0'
        except OSError: return False

    def version(self): return 'the same over io_uring'


# ---------------------------------------------------------------- ours

class Runnel(Server):
    name, subscribe, publish = 'runnel', '/events/t{t}', '/events/t{t}'
    folder = ROOT

    def command(self):
        flags = '--memory' if '--data' not in self.options else ''
        return ['sh', '-c', '. scripts/common.sh; use_newest_jdk; DIST=$PWD/$DIST; exec "$JAVA_HOME/bin/java" $(jvm_options hub) '
                f'-Xlog:gc:file={self.gc_log()}:time:filecount=0 -cp "$DIST/lib/*" io.runnel.hub.Runnel serve --port {self.port} '
                f'--admin-port {self.port + 1} --threads 1 --retain "**=1000,1MiB,1h" --max-topics 1000000 {flags} {self.options}']

    def gc_log(self):
        return os.path.join(WORK, f'gc-{self.port}.log')

    def pauses(self, since):
        """The collector's pauses since then, in milliseconds."""
        try: found = re.findall(r'\[(\S+)\].* Pause .* ([0-9.]+)ms', open(self.gc_log()).read())
        except OSError: return []
        return [float(ms) for at, ms in found if datetime.strptime(at, '%Y-%m-%dT%H:%M:%S.%f%z').timestamp() > since]

    def metric(self, name):
        page = urllib.request.urlopen(f'http://127.0.0.1:{self.port + 1}/metrics').read().decode()
        return float(re.search(rf'^{name} (\S+)$', page, re.MULTILINE).group(1))

    def version(self):
        jdk = shell('"$JAVA_HOME/bin/java" -version 2>&1').splitlines()
        commit = said('git', '-C', ROOT, 'rev-parse', '--short', 'HEAD')
        return f'commit {commit}, {jdk[1] if len(jdk) > 1 else ""}, flags of ./run, one event loop'


# ---------------------------------------------------------------- peers

class Nchan(Server):
    name, subscribe, publish = 'nchan', '/sub/1{t}', '/pub/1{t}'

    def module(self):
        return next(iter(glob.glob('/usr/lib/nginx/modules/ngx_nchan_module.so') + glob.glob('/usr/lib64/nginx/modules/ngx_nchan_module.so')), None)

    def available(self): return shutil.which('nginx') is not None and self.module() is not None

    def command(self):
        directory = os.path.join(WORK, f'nchan-{self.port}')
        os.makedirs(directory, exist_ok=True)
        text = open(os.path.join(PEERS, 'nchan.conf.in')).read()
        text = text.replace('@DIR@', directory).replace('@PORT@', str(self.port)).replace('@MODULE@', self.module())
        path = os.path.join(directory, 'nginx.conf')
        open(path, 'w').write(text)
        return ['nginx', '-c', path, '-e', os.path.join(directory, 'error.log'), '-g', 'daemon off;']

    def version(self):
        package = said('dpkg-query', '-W', '-f', '${Version}', 'libnginx-mod-nchan')
        return f"{said('nginx', '-v')}, libnginx-mod-nchan {package}, one worker"


class Node(Server):
    name, subscribe, publish = 'node', '/sub/1{t}', '/pub/1{t}'

    def available(self): return shutil.which('node') is not None
    def command(self): return ['node', os.path.join(PEERS, 'node.js'), str(self.port)]
    def version(self): return 'Node ' + said('node', '-v')


class Jvm(Server):
    """A peer on the JVM with its defaults, a heap that it cannot fill, and the collector that the JDK takes for it on two cores."""
    subscribe, publish = '/sub/1{t}', '/pub/1{t}'
    module = library = ''

    def target(self): return os.path.join(PEERS, 'jvm', self.module, 'target')
    def available(self): return os.path.isdir(os.path.join(self.target(), 'lib'))
    def properties(self): return f'-Dport={self.port}'

    def command(self):
        return ['sh', '-c', f'. scripts/common.sh; use_newest_jdk; exec "$JAVA_HOME/bin/java" -Xmx3g -XX:+UseG1GC -XX:ActiveProcessorCount=2 '
                f'{self.properties()} -cp "{self.target()}/classes:{self.target()}/lib/*" peer.Main']

    folder = ROOT

    def version(self):
        jars = glob.glob(os.path.join(self.target(), 'lib', self.library + '-[0-9]*.jar'))
        return os.path.basename(jars[0])[:-4] if jars else ''


class Vertx(Jvm):
    name, module, library = 'vertx', 'vertx', 'vertx-core'


class Jetty(Jvm):
    name, module, library = 'jetty', 'jetty', 'jetty-server'


class SpringMvc(Jvm):
    name, module, library = 'spring-mvc', 'spring-mvc', 'spring-boot'
    warm_seconds = 3  # each client of it that left costs until the next event, and more memory than it gives back
    ephemeral = True  # it keeps the emitters of clients that left until it next writes to them

    def properties(self):
        return f'-Dserver.port={self.port} -Dserver.address=127.0.0.1 -Dserver.tomcat.max-connections=100000 -Dserver.tomcat.accept-count=65535'


KINDS = {kind.name: kind for kind in (Floor, Uring, Runnel, Nchan, Node, Vertx, Jetty, SpringMvc)}
