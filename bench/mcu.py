"""Builds and runs the workload for microcontrollers, under emulation: a Cortex-M3 and the ESP8266's lx106.

Sources: src/, crypto/bearssl and BearSSL itself, whose source package comes from Debian (tools/source_package.sh); all with
-Os. Client and server run in one image, each step measured (mcu/driver.c). Everything is made in build/bench/mcu by ninja,
so that only what has changed is made again.
"""
import shutil
import subprocess

import programs
from ninja import Ninja, write_if_changed

ROOT = programs.ROOT
MCU = ROOT / 'bench/mcu'
COMMON = '-Os -g -fstack-usage -std=gnu11 -ffunction-sections -fdata-sections -DBENCH_PIPE=16384 -DBENCH_RECORD=1024'
TARGETS = {
    'cortex-m3': {
        'title': 'Cortex-M3', 'cc': 'arm-none-eabi-gcc', 'nm': 'arm-none-eabi-nm',
        'flags': '--specs=nano.specs -mthumb -mcpu=cortex-m3 -DCORES_PUBLIC_M31', 'link': '--specs=nosys.specs',
        'board': ['board_cortexm.c'], 'script': 'cortexm.ld', 'code': range(0, 1 << 20), 'return': (1, 3),
        'run': ['qemu-system-arm', '-M', 'mps2-an385', '-semihosting-config', 'enable=on,target=native']},
    'lx106': {
        'title': 'lx106 (ESP8266)', 'cc': 'xtensa-lx106-elf-gcc', 'nm': 'xtensa-lx106-elf-nm',
        'flags': '--specs=/usr/lib/xtensa-lx106-elf/picolibc.specs -mlongcalls -mtext-section-literals -mforce-l32', 'link': '',
        'board': ['board_lx106.c', 'start_lx106.S', 'arithmetic_lx106.c'], 'script': 'lx106.ld',
        'code': range(0x40200000, 0x40300000), 'return': (0, 1, 2, 3),
        'run': ['qemu-system-xtensa', '-M', 'sim', '-cpu', 'lx106', '-semihosting']},
}
PACKAGES = {'arm-none-eabi-gcc': 'gcc-arm-none-eabi libnewlib-arm-none-eabi', 'qemu-system-arm': 'qemu-system-arm',
            'xtensa-lx106-elf-gcc': 'gcc-xtensa-lx106 picolibc-xtensa-lx106-elf', 'qemu-system-xtensa': 'qemu-system-misc'}
WRAPPED = ('br_ecdsa_i15_vrfy_raw', 'br_ecdsa_i31_vrfy_raw', 'br_ecdsa_i15_sign_asn1')
CELLS = [(version, handshake) for version in ('1.3', '1.2') for handshake in ('full', 'resumed')]


def missing(target):
    """Why this target can't be measured here, '' when it can."""
    tools = (TARGETS[target]['cc'], TARGETS[target]['run'][0])
    packages = ' '.join(PACKAGES[tool] for tool in tools if not shutil.which(tool))
    if packages:
        return f'not measured: it needs the Debian packages {packages}'
    try:
        programs.source('bearssl')
    except subprocess.CalledProcessError:
        return "not measured: BearSSL's source package could not be fetched (see above)"
    return ''


def write_files(pki, header):
    """The test chain as C, and the time of now: a minute after it was made."""
    lines = ['static const struct {const char *name; size_t size; const uint8_t *bytes;} files[] = {']
    for name in ('root.der', 'leaf.der', 'int.der', 'leaf.key.der'):
        data = (pki / name).read_bytes()
        lines.append(f'{{"{name}", {len(data)}, (const uint8_t[]){{{",".join(map(str, data))}}}}},')
    lines += ['};', f'#define BENCH_NOW {int((pki / "leaf.der").stat().st_mtime) + 60}', '']
    write_if_changed(header, '\n'.join(lines))


def engine_sources():
    own = sorted(ROOT.glob('src/*/*.c')) + sorted(ROOT.glob('crypto/bearssl/*.c'))
    return [path for path in own if path.name != 'bearssl_cores.c']


class Images:
    """The images of one target."""

    def __init__(self, target):
        self.target, self.machine = target, TARGETS[target]
        self.folder = programs.WORK / 'mcu' / target
        self.ninja = Ninja(self.folder)
        self.bearssl = programs.source('bearssl')
        write_files(programs.WORK / 'pki', self.folder / 'files.h')
        self.flags = f'{self.machine["flags"]} {COMMON}'

    def library(self, name, sources, flags):
        objects = [self.ninja.compile(self.machine['cc'], f'{self.flags} {flags}', source, name) for source in sources]
        return self.ninja.archive(f'lib{name}.a', objects)

    def bearssl_library(self):
        return self.library('bearssl', sorted(self.bearssl.glob('src/**/*.c')), f'-w -I{self.bearssl}/inc -I{self.bearssl}/src')

    def engine_library(self):
        return self.library('skerry', engine_sources(), f'-Wall -Wextra -I{ROOT}/include -I{ROOT}/src -I{ROOT} -I{self.bearssl}/inc')

    def link(self, out, objects, libraries, extra=''):
        flags = f'{self.flags} {self.machine["link"]} -nostartfiles -T{MCU / self.machine["script"]} {extra}'
        libs = f'-Wl,--gc-sections -Wl,-Map={out}.map -Wl,--start-group {" ".join(libraries)} -lc -lgcc -Wl,--end-group'
        self.ninja.link(out, self.machine['cc'], flags, objects, libs, [*libraries, MCU / self.machine['script']])
        return self.folder / out

    def workload(self, name, sources, flags, libraries, version, handshake, chacha=True, stack=''):
        """An image for one cell; its driver has the options baked in."""
        cell = f'{name}-{version}-{handshake}' + ('' if chacha else '-gcm') + stack
        common = f'{self.flags} -Wall -Wextra -I{ROOT} -I{ROOT}/include -I{self.folder} -I{self.bearssl}/inc {flags}'
        options = (f'-DBENCH_TLS12={int(version == "1.2")} -DBENCH_RESUME={int(handshake == "resumed")} '
                   f'-DBENCH_CHACHA={int(chacha)} -DBENCH_OTHER={int(name == "bearssl")} {stack}')
        objects = [self.ninja.compile(self.machine['cc'], f'{common} {options}', MCU / 'driver.c', cell)]
        parts = [ROOT / 'bench/workload.c', *(MCU / board for board in self.machine['board']), *sources]
        objects += [self.ninja.compile(self.machine['cc'], common, part, name) for part in parts]
        wrap = ' '.join(f'-Wl,--wrap={name}' for name in WRAPPED) if stack else ''
        return self.link(f'{cell}.elf', objects, libraries, wrap)

    def skerry(self, version, handshake, chacha=True, stack=''):
        flags = '-DBENCH_PROVIDER=skr_provider_bearssl -DBENCH_NAME=skerry_bearssl -DBENCH_RANDOM=driver_random'
        sources = [ROOT / 'bench/bench_skerry.c', ROOT / 'ports/posix/memory.c', MCU / 'cores.c']
        return self.workload('skerry', sources, flags, ['libskerry.a', 'libbearssl.a'], version, handshake, chacha, stack)

    def bearssl_peer(self, version, handshake):
        return self.workload('bearssl', [ROOT / 'bench/peers/bench_bearssl.c'],
                             '-DBENCH_RANDOM=driver_random', ['libbearssl.a'], version, handshake, False)

    def mbedtls_peer(self, version, handshake):
        name = f'mbedtls_smallest{version.replace(".", "")}'
        flags = f'{programs.mbedtls_flags(name, programs.source("mbedtls"))} -DSMALLEST_BARE -DBENCH_NAME={name}'
        library = self.library(name, sorted(programs.source('mbedtls').glob('library/*.c')), f'-w {flags}')
        return self.workload(name, [ROOT / 'bench/peers/bench_mbedtls.c', MCU / 'mbedtls_bare.c'], flags, [library], version, handshake, False)

    def size_image(self, name, profile, flags, cores):
        """An image that is only weighed (size.py)."""
        common = f'{self.machine["flags"].replace("-DCORES_PUBLIC_M31", cores)} {COMMON} -Wall -Wextra'
        common += f' -I{ROOT} -I{ROOT}/include -I{self.bearssl}/inc'
        objects = [self.ninja.compile(self.machine['cc'], f'{common} {flags} -DSIZE_PROFILE={profile}', part, f'size_{name}')
                   for part in [MCU / 'size.c', MCU / 'size_io.c', MCU / 'cores.c', *(MCU / board for board in self.machine['board'])]]
        return self.link(f'size_{name}.elf', objects, ['libskerry.a', 'libbearssl.a'])

    def output(self, image):
        command = [*self.machine['run'], '-display', 'none', '-monitor', 'none', '-serial', 'none', '-icount', 'shift=6', '-kernel', image]
        process = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        if process.returncode:
            raise SystemExit(f'{image}: exit code {process.returncode}\n{process.stdout}{process.stderr}')
        return (process.stdout + process.stderr).splitlines()

    def run(self, image):
        """What the image prints: side -> {name: number}."""
        rows = [dict(word.split('=') for word in line.split() if '=' in word) for line in self.output(image)]
        return {row.pop('side'): {key: int(value) for key, value in row.items()} for row in rows if 'side' in row}


def measure(target):
    """(version, handshake) -> side -> figures, of Skerry."""
    images = Images(target)
    images.bearssl_library()
    images.engine_library()
    cells = {cell: images.skerry(*cell) for cell in CELLS}
    images.ninja.run()
    return {cell: images.run(image) for cell, image in cells.items()}


def measure_peers(target):
    """title -> (version, handshake) -> side -> figures; Skerry's with the suite that the peers have, AES-128-GCM, too."""
    images = Images(target)
    images.bearssl_library()
    images.engine_library()
    cells = {'Skerry': {cell: images.skerry(*cell, False) for cell in CELLS},
             'mbedTLS 3.6, smallest': {cell: images.mbedtls_peer(*cell) for cell in CELLS},
             'BearSSL, records of 512': {cell: images.bearssl_peer(*cell) for cell in CELLS if cell[0] == '1.2'}}
    images.ninja.run()
    return {title: {cell: images.run(image) for cell, image in links.items()} for title, links in cells.items()}


def frames(folder):
    """function -> bytes of stack, as the compiler tells them."""
    found = {}
    for path in folder.rglob('*.su'):
        for line in path.read_text().splitlines():
            place, size, _ = line.split('\t')
            found[place.rsplit(':', 1)[1]] = int(size)
    return found


def chains(target, version, handshake):
    """(side, bytes, [(function, bytes of its frame)]): the stack when BearSSL is called to verify or to sign, at the deepest.
    The chain is what looks like return addresses, so that a word too many may be among them."""
    images = Images(target)
    images.bearssl_library()
    images.engine_library()
    image = images.skerry(version, handshake, stack='-DBENCH_STACK')
    images.ninja.run()
    sizes, tool = frames(images.folder), images.machine['cc'].replace('gcc', 'addr2line')
    for line in images.output(image):
        if line.startswith('stack '):
            words = [int(word.split('=')[1]) for word in line.split()[2:]]
            places = '\n'.join(f'{word - 2:#x}' for word in words if word & 3 in images.machine['return'] and word - 0x100 in images.machine['code'])
            looked = subprocess.run([tool, '-f', '-e', image], input=places, capture_output=True, text=True, check=True)
            names = [name for name in looked.stdout.splitlines()[::2] if name != '??']
            kept = [name for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
            yield line.split()[1], 4 * len(words), [(name, sizes.get(name, 0)) for name in kept]
