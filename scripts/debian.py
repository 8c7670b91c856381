"""Programs out of Debian's packages, unpacked into the cache folder: nothing is installed on the machine."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from environment import Problem, command, say, step

ODOO_PACKAGES = (
    "odoo-19",
    # Odoo's files are links into these.
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
)
# Left out by Debian (camera background blur); without the file every page logs an error in the browser.
ODOO_MISSING_FILE = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def apt_environment(folder, sources=None):
    """An apt with its own lists and cache, on the machine's sources or on those given."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    settings = [
        f'Dir::State::lists "{folder}/lists";',
        f'Dir::Cache "{folder}/cache";',
        'Debug::NoLocking "true";',
        'APT::Sandbox::User "root";' if os.geteuid() == 0 else "",
    ]
    if sources:
        (folder / "sources.list").write_text(sources)
        settings += [
            f'Dir::Etc::sourcelist "{folder}/sources.list";',
            'Dir::Etc::sourceparts "-";',
        ]
    (folder / "apt.conf").write_text("\n".join(settings) + "\n")
    return {**os.environ, "APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C"}


def apt(arguments, environment, log_name, **options):
    if not shutil.which("apt-get"):
        raise Problem(
            "apt-get was not found, so this is not a Debian system: name an Odoo 19 in ODOO_PYTHON or "
            "ODOO_PATH, and put chromium and wkhtmltopdf on the PATH (see README.md)."
        )
    command(
        ["apt-get", "-q", "-y", *arguments],
        log_name,
        progress=lambda line: line.strip() if line.startswith("Get:") else None,
        downloads=True,
        env=environment,
        **options,
    )


def unpack(archives, target):
    for archive in sorted(archives):
        command(["dpkg-deb", "-x", archive, target], "unpack")
        archive.unlink()


def debian_mirror(folder):
    """The address this machine takes Debian from, out of its own apt configuration."""
    environment = apt_environment(folder)
    apt(["update"], environment, "apt-update")
    addresses = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Label: Debian"],
        env=environment,
        capture_output=True,
        text=True,
    ).stdout.split()
    if not addresses:
        raise Problem("apt knows no Debian mirror: is the network up?")
    return addresses[0]


def download_odoo(target):
    with step("downloading Odoo 19"):
        keyrings = sorted(Path("/usr/share/keyrings").glob("debian-archive-keyring.*"))
        if not keyrings:
            raise Problem("Debian's archive keyring is missing: install debian-archive-keyring.")
        mirror = debian_mirror(target / "mirror")
        environment = apt_environment(
            target / "apt", f"deb [signed-by={keyrings[0]}] {mirror} unstable main\n"
        )
        apt(["update"], environment, "apt-update-odoo")
        apt(["download", *ODOO_PACKAGES], environment, "apt-odoo", cwd=target / "apt")
        unpack((target / "apt").glob("*.deb"), target)
        shutil.rmtree(target / "apt")
        shutil.rmtree(target / "mirror")
        missing = target / "usr/lib/python3/dist-packages" / ODOO_MISSING_FILE
        missing.parent.mkdir(parents=True, exist_ok=True)
        missing.touch()


def download_program(target):
    """Unpack a program with what the machine lacks for it; ``target`` bears the program's name.

    What this Debian does not have is told and done without.
    """
    name = target.name
    with step(f"downloading {name}"):
        environment = apt_environment(target / "apt")
        apt(["update"], environment, f"apt-update-{name}")
        if subprocess.run(["apt-get", "indextargets"], env=environment, capture_output=True).stdout and (
            subprocess.run(["apt-cache", "show", name], env=environment, capture_output=True).returncode
        ):
            say(f"  this Debian has no {name}: what needs it is done without")
            return
        apt(
            ["install", "--download-only", "--no-install-recommends", name, "fonts-dejavu-core"],
            environment,
            f"apt-{name}",
        )
        unpack((target / "apt/cache/archives").glob("*.deb"), target)
        shutil.rmtree(target / "apt")
        write_launcher(target)


def write_launcher(target):
    """A script that starts a program with the libraries and fonts it was unpacked with."""
    name = target.name
    libraries = {str(library.parent) for library in target.rglob("*.so*")}
    program = next(
        path for path in (target / f"usr/lib/{name}/{name}", target / f"usr/bin/{name}") if path.is_file()
    )
    (target / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{target}/usr/share/fonts</dir><dir>/usr/share/fonts</dir>"
        f"<cachedir>{target}/fontconfig</cachedir></fontconfig>\n"
    )
    plugins = next(target.glob("usr/lib/*/qt5/plugins"), target)  # where Qt looks for what draws
    launcher = target / "launcher" / name
    launcher.parent.mkdir()
    launcher.write_text(
        "#!/bin/sh\n"
        f"export QT_PLUGIN_PATH={shlex.quote(str(plugins))}\n"
        f"export LD_LIBRARY_PATH={shlex.quote(':'.join(sorted(libraries)))}\n"
        f"export FONTCONFIG_FILE={shlex.quote(str(target / 'fonts.conf'))}\n"
        f'exec {shlex.quote(str(program))} "$@"\n'
    )
    launcher.chmod(0o755)


def download_pip(target):
    """Pip's wheel out of Debian's package, for a Debian whose Python came without ``ensurepip``."""
    environment = apt_environment(target)
    apt(["update"], environment, "apt-update-pip")
    apt(["download", "python3-pip-whl"], environment, "apt-pip", cwd=target)
    unpack(target.glob("*.deb"), target)
    return next(target.glob("usr/share/python-wheels/pip-*.whl"))
