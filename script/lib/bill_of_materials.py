"""Writes what is linked into a program: a CycloneDX 1.5 document, and the licences' texts.

Usage: bill_of_materials.py PROGRAM VERSION DOCUMENT LICENCES

The Swift packages are those whose objects the linker was given for this very program; where its list is not beside the
program, they are all that the package manager resolved. The libraries are those that the program loads, by the Debian
packages that brought them.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import uuid

BUILD = pathlib.Path(".build")
# What tells one licence's text from all others.
LICENCES = (
    ("Apache-2.0", r"Apache License\s+Version 2\.0"),
    ("MIT", r"Permission is hereby granted, free of charge"),
    ("BSD-3-Clause", r"Neither the name of"),
    ("ISC", r"Permission to use, copy, modify, and/or distribute"),
)


def linked_modules(program):
    """The folders of the modules that the linker was given; None where that is not known."""
    program = program.resolve()
    links = program.with_name(program.name + ".product") / "Objects.LinkFileList"
    if not links.exists():
        return None
    return {pathlib.Path(line.strip().strip("'\"")).parent for line in links.read_text().splitlines() if line.strip()}


def checkout_of(module):
    """The checkout that a module's own sources lie in; None for the project's modules."""
    # Swift modules have a map of their sources, C modules a list of what each source includes, itself first.
    for path in (module / "output-file-map.json", *sorted(module.rglob("*.d"))):
        if path.exists() and (found := re.search(r"\.build/checkouts/([^/\s\"]+)/", path.read_text(errors="replace"))):
            return found[1]
    return None


def swift_packages(program):
    state = json.loads((BUILD / "workspace-state.json").read_text())["object"]["dependencies"]
    modules = linked_modules(program)
    linked = None
    if modules is None:
        print(f"{program} has no list of its objects beside it: every resolved package is listed", file=sys.stderr)
    else:
        # The headers of the project's modules may be anybody's.
        own = {f"{path.name}.build" for path in pathlib.Path("Sources").iterdir()}
        linked = {checkout_of(path) for path in modules if path.name not in own}
    for package in sorted(state, key=lambda package: package["packageRef"]["identity"]):
        if linked is None or package["subpath"] in linked:
            yield swift_package(package)


def swift_package(package):
    folder = BUILD / "checkouts" / package["subpath"]
    location = package["packageRef"]["location"].removesuffix(".git")
    state = package["state"]["checkoutState"]
    version = state.get("version") or state["revision"]
    text = "\n".join(path.read_text(errors="replace") for path in sorted(folder.glob("LICENSE*")))
    notice = "\n".join(path.read_text(errors="replace") for path in sorted(folder.glob("NOTICE*")))
    name = location.removeprefix("https://")
    component = {
        "type": "library",
        "bom-ref": f"pkg:swift/{name}@{version}",
        "group": os.path.dirname(name),
        "name": os.path.basename(name),
        "version": version,
        "purl": f"pkg:swift/{name}@{version}",
        "licenses": [licence(text)],
        "externalReferences": [{"type": "vcs", "url": location}],
        "properties": [
            {"name": "hookwire:revision", "value": state["revision"]},
            {"name": "hookwire:linkage", "value": "static"},
        ],
    }
    return component, "\n".join(filter(None, (text.strip(), notice.strip())))


def licence(text):
    for name, pattern in LICENCES:
        if re.search(pattern, text):
            return {"license": {"id": name}}
    return {"license": {"name": "see the text"}}


def libraries(program):
    """The files that the program loads, by ldd."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return sorted(set(re.findall(r"(?:=> )?(/\S+) \(0x", listed)))


def owners(paths):
    """The Debian package of each file that one has brought. /lib may be a link to /usr/lib: dpkg knows files by either name."""
    names = {path: {path, os.path.realpath(path)} for path in paths}
    for known in names.values():
        known |= {path.removeprefix("/usr") for path in known} | {"/usr" + path for path in known if path.startswith("/lib")}
    query = ["dpkg-query", "--search", *sorted(set().union(*names.values()))]
    lines = subprocess.run(query, capture_output=True, text=True).stdout.splitlines()
    found = {path: package.split(",")[0] for package, path in (line.split(": ", 1) for line in lines)}
    return {path: next((found[name] for name in sorted(known) if name in found), None) for path, known in names.items()}


def debian_package(name):
    query = ["dpkg-query", "--show", "--showformat", "${Package}\t${Version}\t${Architecture}\t${source:Package}", name]
    package, version, architecture, source = subprocess.run(
        query, capture_output=True, text=True, check=True
    ).stdout.split("\t")
    path = pathlib.Path("/usr/share/doc") / package / "copyright"
    text = path.read_text(errors="replace") if path.exists() else ""
    names = sorted(set(re.findall(r"^License: *([^\s,]+)", text, re.MULTILINE))) or ["see the package's copyright file"]
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', pathlib.Path("/etc/os-release").read_text(), re.MULTILINE))
    purl = f"pkg:deb/{release['ID']}/{package}@{version}?arch={architecture}&distro={release['ID']}-{release['VERSION_ID']}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": package,
        "version": version,
        "purl": purl,
        "licenses": [{"license": {"name": each}} for each in names],
        "properties": [
            {"name": "hookwire:source", "value": source},
            {"name": "hookwire:linkage", "value": "dynamic"},
        ],
    }


def swift_runtime(is_bundled):
    said = subprocess.run(["swift", "--version"], capture_output=True, text=True)
    found = re.search(r"Swift version (\S+)", said.stdout)
    version = found[1] if found else "unknown"
    return {
        "type": "library",
        "bom-ref": f"swift-runtime@{version}",
        "name": "swift-runtime",
        "description": "Standard library, concurrency, libdispatch and Foundation of the Swift toolchain",
        "version": version,
        "licenses": [{"expression": "Apache-2.0 WITH Swift-exception"}],
        "externalReferences": [{"type": "website", "url": "https://www.swift.org"}],
        "properties": [{"name": "hookwire:linkage", "value": "dynamic" if is_bundled else "static"}],
    }


def main(program, version, document, licences):
    program = pathlib.Path(program)
    packages = list(swift_packages(program))
    brought = owners(libraries(program))
    components = [component for component, _ in packages]
    components += [debian_package(name) for name in sorted({name for name in brought.values() if name})]
    components.append(swift_runtime(any(name is None for name in brought.values())))
    moment = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    root = f"pkg:generic/hookwire@{version}"
    seed = json.dumps([root, [component["bom-ref"] for component in components]])
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, seed)}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)),
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "hookwire",
                "version": version,
                "purl": root,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": components,
        "dependencies": [{"ref": root, "dependsOn": [component["bom-ref"] for component in components]}],
    }
    pathlib.Path(document).write_text(json.dumps(bill, indent=2) + "\n")
    with open(licences, "w") as file:
        for component, text in packages:
            file.write(f"{'=' * 80}\n{component['name']} {component['version']}\n{'=' * 80}\n\n{text}\n\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
