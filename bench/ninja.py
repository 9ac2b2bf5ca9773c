"""Writes a build.ninja for C and runs ninja: what has not changed is not made again."""
import subprocess

RULES = '''rule cc
  command = $cc $flags -MMD -MF $out.d -c $in -o $out
  depfile = $out.d
  deps = gcc

rule ar
  command = rm -f $out && ar rcs $out $in

rule link
  command = $cc $flags -o $out $in $libs
'''


def write_if_changed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


class Ninja:
    """What to compile with which flags, and what to link, in one folder."""

    def __init__(self, folder):
        self.folder, self.parts, self.objects = folder, [RULES], set()

    def compile(self, compiler, flags, source, name):
        """name tells apart objects of one source that differ in their flags."""
        out = f'{name}.objects/{str(source).lstrip("/").replace("/", "_")}.o'
        if out not in self.objects:
            self.objects.add(out)
            self.parts.append(f'build {out}: cc {source}\n  cc = {compiler}\n  flags = {flags}\n')
        return out

    def archive(self, out, objects):
        if out in self.objects:
            return out
        self.objects.add(out)
        self.parts.append(f'build {out}: ar {" ".join(objects)}\n')
        return out

    def link(self, out, compiler, flags, objects, libs='', needs=()):
        """needs: files beside the objects that the result is made of."""
        self.parts.append(f'build {out}: link {" ".join(objects)} | {" ".join(map(str, needs))}\n'
                          f'  cc = {compiler}\n  flags = {flags}\n  libs = {libs}\n')
        return self.folder / out

    def run(self):
        write_if_changed(self.folder / 'build.ninja', '\n'.join(self.parts))
        process = subprocess.run(['ninja', '-C', self.folder], capture_output=True, text=True)
        if process.returncode:
            raise SystemExit(f'{self.folder}: {process.stdout[-3000:]}{process.stderr}')
