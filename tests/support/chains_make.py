#!/usr/bin/env python3
"""chains_make.py DIR [--list]: certificate chains as the servers of 2026 send them, with keys of this machine's own making.

Shapes, algorithms and sizes are those of the real ones (docs/servers.md says whose), names and keys are not. In DIR:

    NAME/0.der 1.der ...        a chain, in the order in which the server sends it; 0 is its own certificate
    NAME/chain.pem, NAME/key.pem, NAME/key.der   the same for servers to load, and the key of its first certificate
    NAME/anchors                the anchors that it is good with, a line each: what its path is then, as indexes, and the anchor
    anchor/A.der, anchor/A.pem  roots, trusted by whoever says so
    index                       a line for each chain: name, certificates, bytes of DER

Good names are "device.example", "*.wild.example" and 127.0.0.1 (chain `address`: only 127.0.0.1 and ::1). All is valid from
2025-01-01 to 2049-12-31 but what is named expired, whose time ended on 2025-06-01; so any clock between gives the same result.
Every chain of BAD is refused with any anchor; which error it gives stands behind its name in `index`.

Nothing is made again while DIR holds what this very file made (DIR/stamp). From C: tests/support/chains.h. From a shell:

    tests/support/chains_make.py /tmp/chains && ls /tmp/chains/letsencrypt-five
"""
import argparse
import fcntl
import hashlib
import pathlib
import shutil
import subprocess
import sys

FROM, UNTIL, OVER = '20250101000000Z', '20491231000000Z', '20250601000000Z'
KINDS = {'p256': ('EC', 'ec_paramgen_curve:P-256'), 'p384': ('EC', 'ec_paramgen_curve:P-384'),
         'rsa2048': ('RSA', 'rsa_keygen_bits:2048'), 'rsa4096': ('RSA', 'rsa_keygen_bits:4096')}
CONFIGURATION = '''
[ca]
default_ca = it
[it]
database = database
new_certs_dir = .
rand_serial = yes
policy = any
unique_subject = no
email_in_dn = no
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
[req]
distinguished_name = nothing
[nothing]
'''
IDS = 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n'
ROOT = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
NAMES = 'DNS:device.example,DNS:*.wild.example,IP:127.0.0.1'
PROOF = '1.3.6.1.4.1.11129.2.4.2=DER:04:81:F2:' + ':'.join(f'{(i * 37 + 11) & 255:02X}' for i in range(242))


def where(issuer, policies=1):
    """What CAs write besides: where the issuer's certificate and its revocations are, and under which policies."""
    oids = ('2.23.140.1.2.1', '1.3.6.1.4.1.44947.1.1.1', '2.23.140.1.2.2', '1.3.6.1.4.1.311.42.1')[:policies]
    return (f'authorityInfoAccess=caIssuers;URI:http://{issuer}.i.ca.example/\ncertificatePolicies={",".join(oids)}\n'
            f'crlDistributionPoints=URI:http://{issuer}.c.ca.example/\n')


def intermediate(issuer, length='', purposes='serverAuth', policies=1):
    return ('keyUsage=critical,digitalSignature,keyCertSign,cRLSign\n' + (f'extendedKeyUsage={purposes}\n' if purposes else '') +
            f'basicConstraints=critical,CA:TRUE{length}\n{IDS}{where(issuer, policies)}')


def server(issuer, names=NAMES, usage='digitalSignature', purposes='serverAuth'):
    return (f'keyUsage=critical,{usage}\nextendedKeyUsage={purposes}\nbasicConstraints=critical,CA:FALSE\n{IDS}'
            f'{where(issuer)}subjectAltName={names}\n{PROOF}\n')


P0 = ',pathlen:0'
RSA_LEAF = 'digitalSignature,keyEncipherment'
LE, AMAZON, GOOGLE, GODADDY = '/C=US/O=Mimic ISRG', '/C=US/O=Mimic Amazon', '/C=US/O=Mimic Google Trust LLC', '/C=US/O=Mimic GoDaddy'
STARFIELD, MICROSOFT, DIGICERT = '/C=US/O=Mimic Starfield', '/C=US/O=Mimic Microsoft', '/C=US/O=Mimic DigiCert/OU=www.digicert.example'

# Certificates: name: (key, kind of key, subject, issuer (itself: a root), extensions, other options).
# Several certificates of one key are cross-signed copies of one authority.
CERTIFICATES = {
    'x1': ('x1', 'rsa4096', f'{LE}/CN=Root X1', 'x1', ROOT),
    'x2': ('x2', 'p384', f'{LE}/CN=Root X2', 'x2', ROOT),
    'ye': ('ye', 'p384', f'{LE}/CN=Root YE', 'ye', ROOT),
    'yr': ('yr', 'rsa4096', f'{LE}/CN=Root YR', 'yr', ROOT),
    'x2-by-x1': ('x2', 'p384', f'{LE}/CN=Root X2', 'x1', intermediate('x1')),
    'ye-by-x2': ('ye', 'p384', f'{LE}/CN=Root YE', 'x2', intermediate('x2')),
    'yr-by-x1': ('yr', 'rsa4096', f'{LE}/CN=Root YR', 'x1', intermediate('x1')),
    'ye1': ('ye1', 'p384', '/C=US/O=Mimic Encrypt/CN=YE1', 'ye', intermediate('ye', P0)),
    'yr1': ('yr1', 'rsa2048', '/C=US/O=Mimic Encrypt/CN=YR1', 'yr', intermediate('yr', P0)),
    'ye1-expired': ('ye1', 'p384', '/C=US/O=Mimic Encrypt/CN=YE1', 'ye', intermediate('ye', P0), OVER),
    'le-leaf': ('le-leaf', 'p256', '/CN=device.example', 'ye1', server('ye1')),
    'le-leaf-rsa': ('le-leaf-rsa', 'rsa2048', '/CN=device.example', 'yr1', server('yr1', usage=RSA_LEAF)),
    'le-leaf-expired': ('le-leaf', 'p256', '/CN=device.example', 'ye1', server('ye1'), OVER),
    'le-leaf-other': ('le-leaf', 'p256', '/CN=other.example', 'ye1', server('ye1', 'DNS:other.example')),
    'le-leaf-client': ('le-leaf', 'p256', '/CN=device.example', 'ye1', server('ye1', purposes='clientAuth')),
    'le-leaf-address': ('le-leaf', 'p256', '/CN=127.0.0.1', 'ye1', server('ye1', 'IP:127.0.0.1,IP:::1')),
    # An authority below one that may have none.
    'ye1-below': ('below', 'p256', '/C=US/O=Mimic Encrypt/CN=YE1 below', 'ye1', intermediate('ye1')),
    'below-leaf': ('le-leaf', 'p256', '/CN=device.example', 'ye1-below', server('below')),

    'starfield-2': ('starfield-2', 'rsa2048', f'{STARFIELD}/OU=Class 2 Certification Authority', 'starfield-2', ROOT, 'sha1'),
    'starfield-g2': ('starfield-g2', 'rsa2048', f'{STARFIELD}/CN=Services Root G2', 'starfield-2', intermediate('s2', '', '')),
    'amazon-1': ('amazon-1', 'rsa2048', f'{AMAZON}/CN=Root CA 1', 'amazon-1', ROOT),
    'amazon-1-by-starfield': ('amazon-1', 'rsa2048', f'{AMAZON}/CN=Root CA 1', 'starfield-g2', intermediate('sg2', '', '')),
    'amazon-m01': ('amazon-m01', 'rsa2048', f'{AMAZON}/CN=RSA 2048 M01', 'amazon-1', intermediate('ac1', P0, 'serverAuth,clientAuth')),
    'amazon-leaf': ('amazon-leaf', 'rsa2048', '/CN=device.example', 'amazon-m01', server('m01', usage=RSA_LEAF)),
    'amazon-3': ('amazon-3', 'p256', f'{AMAZON}/CN=Root CA 3', 'amazon-3', ROOT),
    'amazon-3-by-starfield': ('amazon-3', 'p256', f'{AMAZON}/CN=Root CA 3', 'starfield-g2', intermediate('sg2', '', '')),
    'amazon-e01': ('amazon-e01', 'p256', f'{AMAZON}/CN=ECDSA 256 M01', 'amazon-3', intermediate('ac3', P0, 'serverAuth,clientAuth')),
    'amazon-leaf-ec': ('le-leaf', 'p256', '/CN=device.example', 'amazon-e01', server('e01')),

    'globalsign': ('globalsign', 'rsa2048', '/C=BE/O=Mimic GlobalSign nv-sa/OU=Root CA/CN=GlobalSign', 'globalsign', ROOT),
    'globalsign-expired': ('globalsign', 'rsa2048', '/C=BE/O=Mimic GlobalSign nv-sa/OU=Root CA/CN=GlobalSign', 'globalsign-expired',
                           ROOT, OVER),
    'gts-r4': ('gts-r4', 'p384', f'{GOOGLE}/CN=GTS Root R4', 'gts-r4', ROOT),
    'gts-r4-by-globalsign': ('gts-r4', 'p384', f'{GOOGLE}/CN=GTS Root R4', 'globalsign', intermediate('gsr1', '', 'serverAuth,clientAuth')),
    'we1': ('we1', 'p256', f'{GOOGLE}/CN=WE1', 'gts-r4', intermediate('r4', P0, 'serverAuth,clientAuth')),
    'google-leaf': ('google-leaf', 'p256', '/CN=device.example', 'we1', server('we1')),

    'digicert-g2': ('digicert-g2', 'rsa2048', f'{DIGICERT}/CN=Global Root G2', 'digicert-g2', ROOT),
    'azure-04': ('yr', 'rsa4096', f'{MICROSOFT}/CN=Azure RSA TLS Issuing CA 04', 'digicert-g2',
                 intermediate('g2', P0, 'serverAuth,clientAuth', 3)),
    'azure-leaf': ('azure-leaf', 'rsa2048', '/C=US/O=Mimic Microsoft/CN=device.example', 'azure-04',
                   server('azure', usage=RSA_LEAF, purposes='clientAuth,serverAuth')),

    'godaddy-2': ('godaddy-2', 'rsa2048', f'{GODADDY}/OU=Class 2 Certification Authority', 'godaddy-2', ROOT, 'sha1'),
    'godaddy-g2': ('godaddy-g2', 'rsa2048', f'{GODADDY}/CN=Root Certificate Authority - G2', 'godaddy-g2', ROOT),
    'godaddy-g2-by-2': ('godaddy-g2', 'rsa2048', f'{GODADDY}/CN=Root Certificate Authority - G2', 'godaddy-2',
                        intermediate('gdr', '', '')),
    'godaddy-g2-by-2-sha1': ('godaddy-g2', 'rsa2048', f'{GODADDY}/CN=Root Certificate Authority - G2', 'godaddy-2',
                             intermediate('gdr', '', ''), 'sha1'),
    'godaddy-secure': ('godaddy-secure', 'rsa2048', f'{GODADDY}/OU=http://certs.ca.example/repository/CN=Secure CA - G2',
                       'godaddy-g2', intermediate('gdg2', P0, '', 2)),
    'telegram-leaf': ('telegram-leaf', 'rsa2048', '/CN=device.example', 'godaddy-secure', server('gds', usage=RSA_LEAF)),
}

# 16 KB: a root, authorities and a server, all RSA-4096. Keys of 4096 bits are slow to make, so two take turns. With nine
# authorities the path is as long as SKR_PATH_MAX and takes two records; with eight it fits in one of the largest size.
BIG = 9
CERTIFICATES['big-root'] = ('x1', 'rsa4096', '/C=US/O=Mimic Large/CN=Large root', 'big-root', ROOT)
for n in range(BIG):
    CERTIFICATES[f'big-{n}'] = (('yr', 'x1')[n % 2], 'rsa4096', f'/C=US/O=Mimic Large/CN=Large authority {n}',
                                f'big-{n - 1}' if n else 'big-root', intermediate(f'large-{n}', '', 'serverAuth,clientAuth', 4))
for n in (BIG, BIG - 1):
    CERTIFICATES[f'big-leaf-{n}'] = ('x1', 'rsa4096', '/CN=device.example', f'big-{n - 1}', server('large', usage=RSA_LEAF))
BIG_SENT = {n: [f'big-leaf-{n}'] + [f'big-{i}' for i in reversed(range(n))] + ['big-root'] for n in (BIG, BIG - 1)}

LE_SENT = ['le-leaf', 'ye1', 'ye-by-x2', 'x2-by-x1']
LE_ANCHORS = {'x1': '0123', 'x2': '012', 'ye': '01'}
# Chains as they are sent: name: (certificates, {anchor: its path as indexes into the chain}).
GOOD = {
    'letsencrypt': (LE_SENT, LE_ANCHORS),
    'letsencrypt-five': (LE_SENT + ['x1'], LE_ANCHORS),
    'letsencrypt-rsa': (['le-leaf-rsa', 'yr1', 'yr-by-x1'], {'x1': '012', 'yr': '01'}),
    'amazon': (['amazon-leaf', 'amazon-m01', 'amazon-1-by-starfield', 'starfield-g2'], {'amazon-1': '01', 'starfield-2': '0123'}),
    'amazon-ec': (['amazon-leaf-ec', 'amazon-e01', 'amazon-3-by-starfield', 'starfield-g2'], {'amazon-3': '01', 'starfield-2': '0123'}),
    'google': (['google-leaf', 'we1', 'gts-r4-by-globalsign'], {'gts-r4': '01', 'globalsign': '012'}),
    'azure': (['azure-leaf', 'azure-04'], {'digicert-g2': '01'}),
    'azure-whole': (['azure-leaf', 'azure-04', 'digicert-g2'], {'digicert-g2': '01'}),
    'telegram': (['telegram-leaf', 'godaddy-secure', 'godaddy-g2-by-2', 'godaddy-2'], {'godaddy-g2': '01', 'godaddy-2': '012'}),
    'sha1-above': (['telegram-leaf', 'godaddy-secure', 'godaddy-g2-by-2-sha1', 'godaddy-2'], {'godaddy-g2': '01'}),
    'wrong-order': (['le-leaf', 'x2-by-x1', 'ye-by-x2', 'ye1'], {'x1': '0321', 'x2': '032', 'ye': '03'}),
    'leaf-twice': (['le-leaf'] + LE_SENT, {'x1': '0234', 'x2': '023', 'ye': '02'}),
    'intermediate-twice': (['le-leaf', 'ye1', 'ye1', 'ye-by-x2', 'ye-by-x2', 'x2-by-x1'], {'x1': '0135', 'x2': '013', 'ye': '01'}),
    'foreign': (['le-leaf', 'amazon-m01', 'ye1', 'gts-r4-by-globalsign', 'ye-by-x2', 'azure-04', 'x2-by-x1'],
                {'x1': '0246', 'x2': '024', 'ye': '02'}),
    'expired-twin': (['le-leaf', 'ye1-expired', 'ye1', 'ye-by-x2', 'x2-by-x1'], {'x1': '0234', 'x2': '023', 'ye': '02'}),
    'address': (['le-leaf-address'] + LE_SENT[1:], LE_ANCHORS),
    'large': (BIG_SENT[BIG - 1], {'big-root': '012345678'}),
    'larger': (BIG_SENT[BIG], {'big-root': '0123456789'}),
}
# Name: (certificates, the anchors that would do, the error, which certificate it is about).
BAD = {
    'expired': (['le-leaf-expired'] + LE_SENT[1:], ['x1', 'x2', 'ye'], 'CERT_EXPIRED', 0),
    'expired-intermediate': (['le-leaf', 'ye1-expired'] + LE_SENT[2:], ['x1', 'x2', 'ye'], 'CERT_EXPIRED', 1),
    'other-name': (['le-leaf-other'] + LE_SENT[1:], ['x1', 'x2', 'ye'], 'CERT_NAME', 0),
    'leaf-of-another': (['google-leaf'] + LE_SENT[1:], ['x1', 'x2', 'ye'], 'CERT_UNKNOWN_CA', 0),
    'without-intermediate': (['le-leaf', 'ye-by-x2', 'x2-by-x1'], ['x1', 'x2', 'ye'], 'CERT_UNKNOWN_CA', 0),
    'for-clients': (['le-leaf-client'] + LE_SENT[1:], ['x1', 'x2', 'ye'], 'CERT_PURPOSE', 0),
    'below-the-last': (['below-leaf', 'ye1-below'] + LE_SENT[1:], ['x1', 'x2', 'ye'], 'CERT_PATH_LENGTH', 2),
    'sha1-within': (['telegram-leaf', 'godaddy-secure', 'godaddy-g2-by-2-sha1', 'godaddy-2'], ['godaddy-2'], 'CERT_ALGORITHM', 2),
}


class Maker:
    """One folder in which everything is made; files there are named as in CERTIFICATES."""

    def __init__(self, folder):
        self.folder = folder
        (folder / 'made').mkdir(parents=True)
        (folder / 'made/configuration').write_text(CONFIGURATION)
        (folder / 'made/database').touch()

    def openssl(self, *arguments):
        run = subprocess.run(['openssl', *arguments], cwd=self.folder / 'made', capture_output=True, text=True,
                             env={'PATH': '/usr/bin:/bin', 'OPENSSL_CONF': '/dev/null'})
        if run.returncode:
            sys.exit(f'chains_make.py: openssl {" ".join(arguments)}\n{run.stderr}')

    def key(self, name, kind):
        if not (self.folder / f'made/{name}.key').exists():
            algorithm, option = KINDS[kind]
            self.openssl('genpkey', '-algorithm', algorithm, '-pkeyopt', option, '-out', f'{name}.key')
            self.openssl('req', '-new', '-config', 'configuration', '-key', f'{name}.key', '-subj', '/CN=x', '-out', f'{name}.csr')

    def certificate(self, name, key, kind, subject, issuer, extensions, special=None):
        self.key(key, kind)
        (self.folder / 'made/extensions').write_text(extensions)
        # A SHA-384 signature by P-384 keys, SHA-256 by all others.
        digest = 'sha1' if special == 'sha1' else 'sha384' if CERTIFICATES[issuer][1] == 'p384' else 'sha256'
        signer = ['-selfsign'] if issuer == name else ['-cert', f'{issuer}.pem']
        self.openssl('ca', '-batch', '-notext', '-config', 'configuration', '-preserveDN', '-in', f'{key}.csr', '-subj', subject,
                     *signer, '-keyfile', f'{CERTIFICATES[issuer][0]}.key', '-extfile', 'extensions', '-md', digest,
                     '-startdate', FROM, '-enddate', OVER if special == OVER else UNTIL, '-out', f'{name}.pem')
        self.openssl('x509', '-in', f'{name}.pem', '-outform', 'DER', '-out', f'{name}.der')

    def made(self, name):
        return (self.folder / f'made/{name}').read_bytes()

    def chain(self, name, sent, lines, said=''):
        folder = self.folder / name
        folder.mkdir()
        for index, certificate in enumerate(sent):
            (folder / f'{index}.der').write_bytes(self.made(f'{certificate}.der'))
        (folder / 'chain.pem').write_bytes(b''.join(self.made(f'{certificate}.pem') for certificate in sent))
        key = CERTIFICATES[sent[0]][0]
        (folder / 'key.pem').write_bytes(self.made(f'{key}.key'))
        self.openssl('pkey', '-in', f'{key}.key', '-outform', 'DER', '-out', str(folder.absolute() / 'key.der'))
        (folder / 'anchors').write_text(''.join(line + '\n' for line in lines))
        size = sum(len(self.made(f'{certificate}.der')) for certificate in sent)
        return f'{name} {len(sent)} {size} {said}'.strip() + '\n'


def make(folder):
    maker = Maker(folder)
    for name, how in CERTIFICATES.items():
        maker.certificate(name, *how)
    (folder / 'anchor').mkdir()
    for name, how in CERTIFICATES.items():
        for kind in ('der', 'pem') if how[3] == name else ():
            shutil.copy(folder / f'made/{name}.{kind}', folder / f'anchor/{name}.{kind}')
    index = ''
    for name, (sent, anchors) in GOOD.items():
        index += maker.chain(name, sent, [f'{path} {anchor}' for anchor, path in anchors.items()])
    for name, (sent, anchors, error, which) in BAD.items():
        index += maker.chain(name, sent, [f'- {anchor}' for anchor in anchors], f'{error} {which}')
    (folder / 'index').write_text(index)
    shutil.rmtree(folder / 'made')


def made_in(folder):
    """Makes what is not there; returns the folder."""
    folder = pathlib.Path(folder).absolute()
    stamp = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_name(folder.name + '.lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / 'stamp').exists() or (folder / 'stamp').read_text() != stamp:
            new = folder.with_name(folder.name + '.new')
            shutil.rmtree(new, ignore_errors=True)
            make(new)
            (new / 'stamp').write_text(stamp)
            shutil.rmtree(folder, ignore_errors=True)
            new.rename(folder)
        (folder / 'stamp').touch()  # newer than this file
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', metavar='DIR')
    parser.add_argument('--list', action='store_true', help='print the index')
    arguments = parser.parse_args()
    folder = made_in(arguments.folder)
    if arguments.list:
        print((folder / 'index').read_text(), end='')


if __name__ == '__main__':
    main()
