"""Where things are."""
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
WORK = os.path.join(ROOT, 'benchmarks/target/load')
PEERS = os.path.join(ROOT, 'benchmarks/peers')
PAGE = os.path.join(ROOT, 'docs/benchmarks.md')
PICTURES = os.path.join(ROOT, 'docs/benchmarks')
RESULTS = os.path.join(PICTURES, 'results.json')
