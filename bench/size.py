"""The size of code and constants on a Cortex-M3, -Os, as the linker tells it: which layer takes what.

Images of mcu/size.c: the smallest client that verifies a server, then more versions and roles. Code and constants (.text,
.rodata and the constant data that relocation would touch) are summed by object from the linker's map.
"""
import collections
import re

import mcu
from programs import ROOT, table

TARGET = 'cortex-m3'
IMAGES = {  # name: title, profile, flags, implementations of BearSSL
    'smallest': ('TLS 1.3 client, the fewest algorithms', 'skr_profile_client13', '', '-DCORES_FEWEST'),
    'client13': ('TLS 1.3 client, all algorithms', 'skr_profile_client13', '-DSIZE_FULL', ''),
    'full': ('TLS 1.3 and 1.2, both roles, all algorithms', 'skr_profile_full', '-DSIZE_FULL', '')}
LAYERS = ('tls', 'x509', 'provider', 'bearssl', 'libc', 'program')


def layer(object_file):
    """Whose an object is, by the archive and the path that its name holds."""
    if 'libbearssl.a' in object_file:
        return 'bearssl'
    if '_crypto_bearssl_' in object_file or '_cores.c' in object_file:
        return 'provider'
    if m := re.search(r'_src_(base|wire|record|keys|x509|hs|conn|profiles)_', object_file):
        return 'x509' if m[1] == 'x509' else 'tls'
    return 'program' if '.objects/' in object_file else 'libc'


def sections(text):
    """(bytes, object file) of what is code or constant in a linker's map."""
    text = text[text.index('Linker script and memory map'):]
    text = re.sub(r'^( \.\S+)\n\s+', r'\1 ', text, flags=re.M)  # long names stand on a line of their own
    for m in re.finditer(r'^ \.(?:text|rodata|ARM)\S*\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$', text, re.M):
        if int(m[1], 16) or m[3].endswith('board_cortexm.c.o'):
            yield int(m[2], 16), m[3]


def weigh():
    """image -> layer -> bytes."""
    images = mcu.Images(TARGET)
    images.bearssl_library()
    images.engine_library()
    links = {name: images.size_image(name, *options) for name, (_, *options) in IMAGES.items()}
    images.ninja.run()
    found = {}
    for name, image in links.items():
        sums = collections.Counter()
        for size, file in sections(image.with_suffix('.elf.map').read_text()):
            sums[layer(file)] += size
        found[name] = sums
    return found


def measured():
    found = {}
    for name, sums in weigh().items():
        found[f'{TARGET}_{name}_tls_x509_code_bytes'] = sums['tls'] + sums['x509']
        found[f'{TARGET}_{name}_code_bytes'] = sum(sums.values()) - sums['program']
    return found


def tables():
    if mcu.missing(TARGET):
        return mcu.missing(TARGET)
    rows = [[IMAGES[name][0], sums['tls'], sums['x509'], sums['tls'] + sums['x509'], sums['provider'], sums['bearssl'], sums['libc'],
             sum(sums.values()) - sums['program']] for name, sums in weigh().items()]
    return table(['code and constants, bytes', 'TLS', 'X.509', 'both', 'provider', 'BearSSL', 'C library', 'all'], rows)
