"""docs/benchmarks.md, as it comes of what was measured."""
import os, statistics, subprocess

from places import PAGE, PICTURES
from rows import Medians, ROWS

BEGIN, END = '<!-- written by ./benchmark -->\n', '<!-- end of what ./benchmark writes -->\n'


def text_of(value): return f'{value:,.0f}' if value >= 100 else f'{value:.2f}'


def middle(runs, key): return statistics.median([run[key] for run in runs])


def is_ours(server): return server.startswith('runnel') or server.startswith('live') or server.startswith('KiB')


def table(row, result):
    servers = result['servers']
    floor = 'floor' in servers
    extra = [key for key in ('cpu', 'bytes') if any(key in run for runs in servers.values() for run in runs) and not (key == 'cpu' and row.unit == 'µs')]
    head = [f'median, {row.unit}', 'least to most'] + (['over the floor'] if floor else []) + [{'cpu': 'CPU a delivery, µs', 'bytes': 'bytes a delivery'}[k] for k in extra]
    lines = [f'### {row.title}', '', f"Target: {row.target}: {verdict(row, result)}. `./benchmark --rows {row.name}`, {result['when']}.", '',
             '| | ' + ' | '.join(head) + ' | |', '|' + ' --- |' * (len(head) + 2)]
    for server, runs in servers.items():
        values = [run['value'] for run in runs]
        lost = sum(run['lost'] for run in runs)
        note = runs[-1]['note'] + (f'; {lost:,} not there half a minute later, or twice' if lost else '')
        bold = '**' if server == 'runnel' else ''
        cells = [f'{bold}{text_of(statistics.median(values))}{bold}', f'{text_of(min(values))} to {text_of(max(values))}']
        if floor: cells.append(f"{Medians(servers).over(server, 'floor'):.2f} ×")
        cells += [f'{middle(runs, key):,.2f}' if key == 'cpu' and key in runs[0] else f'{middle(runs, key):,.0f}' if key in runs[0] else '' for key in extra]
        lines.append(f'| {bold}{server}{bold} | ' + ' | '.join(cells) + f' | {note} |')
    for trouble in result.get('troubles', []): lines.append(f'\nNot measured: {trouble}.')
    lines += ['', f'![{row.title}](benchmarks/{row.name}.svg)', '']
    return '\n'.join(lines)


def verdict(row, result):
    try: return 'met' if row.met(Medians(result['servers'])) else '**missed**'
    except KeyError: return 'not measured'


def loses(row, result):
    """To whom, with both medians."""
    of = Medians(result['servers'])
    own = of.get('runnel')
    if own is None: return []
    return [f'{server} ({text_of(own)} against {text_of(value)})' for server, value in of.items()
            if not is_ours(server) and (own > value if row.lower else own < value)]


def picture(row, result):
    bars = [(server, value) for server, value in Medians(result['servers']).items() if server == 'runnel' or not is_ours(server) or server.startswith('runnel')]
    most, height = max(value for _, value in bars) or 1, 28
    left = 8 * max(len(server) for server, _ in bars) + 8
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + 580} {height * len(bars) + 34}" font-family="system-ui, sans-serif" font-size="14">',
           '<style>text { fill: #333 } .own { fill: #0a7d4f } .other { fill: #9aa5b1 } @media (prefers-color-scheme: dark) { text { fill: #ddd } }</style>']
    for i, (server, value) in enumerate(bars):
        y = i * height + 6
        out.append(f'<text x="{left}" y="{y + 15}" text-anchor="end">{server}</text>')
        out.append(f'<rect class="{"own" if is_ours(server) else "other"}" x="{left + 8}" y="{y}" width="{max(1, 430 * value / most):.0f}" height="20" rx="2"/>')
        out.append(f'<text x="{left + 16 + 430 * value / most:.0f}" y="{y + 15}">{text_of(value)} {row.unit}</text>')
    out.append(f'<text x="{left + 8}" y="{height * len(bars) + 24}" font-size="12">{"less" if row.lower else "more"} is better</text></svg>')
    os.makedirs(PICTURES, exist_ok=True)
    open(os.path.join(PICTURES, row.name + '.svg'), 'w').write('\n'.join(out) + '\n')


def summary(measured):
    lines = ['| row | target | runnel | |', '| --- | --- | --- | --- |']
    for row, result in measured:
        own = Medians(result['servers']).get('runnel')
        lines.append(f"| {row.title} | {row.target} | {text_of(own) + ' ' + row.unit if own is not None else ''} | {verdict(row, result)} |")
    return lines


def write(results):
    machine = subprocess.run(['sh', '-c', 'grep -m1 "model name" /proc/cpuinfo | cut -d: -f2; nproc; uname -r'], capture_output=True, text=True).stdout.split('\n')
    measured = [(row, results['rows'][row.name]) for row in ROWS.values() if results['rows'].get(row.name, {}).get('servers')]
    lines = [f'Machine: {machine[0].strip()}, {machine[1]} processors, Linux {machine[2]}. '
             + ' · '.join(f'**{name}**: {version}' for name, version in results['versions'].items() if version) + '.', '']
    lost = [(row, loses(row, result)) for row, result in measured]
    lost = [(row, worse) for row, worse in lost if worse]
    lines += ['**Where we lose.** ' + ('; '.join(f"{row.title.split(':')[0]} to {', '.join(worse)}" for row, worse in lost) or 'Nowhere in these rows') + '.', '']
    lines += summary(measured) + ['']
    for row, result in measured:
        lines.append(table(row, result))
        picture(row, result)
    page = open(PAGE).read()
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    open(PAGE, 'w').write(page[:begin] + '\n' + '\n'.join(lines) + '\n' + page[end:])
