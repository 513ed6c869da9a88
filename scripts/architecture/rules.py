"""The rules. Each returns its complaints as lines; none for what is in order."""

import fnmatch
import os
import re

# What comes with Swift and may be imported anywhere but in cores.
TOOLCHAIN = {
    "Swift", "Foundation", "FoundationEssentials", "FoundationNetworking", "FoundationXML", "Synchronization",
    "Dispatch", "Glibc", "Musl", "Darwin", "Testing", "XCTest", "PackageDescription", "RegexBuilder",
}  # fmt: skip

# What a core is given instead of taking: kind → pattern of its use.
IMPURE = {
    "Foundation": r"^\s*(?:@\w+\s+)*(?:\w+\s+)?import\s+(?:\w+\s+)?(?:Foundation\w*|Dispatch|Glibc|Musl)\b",
    "clock": r"\bDate\s*\(|\b(?:Continuous|Suspending)Clock\b|\bNIODeadline\b|\bDispatchTime\b"
    r"|\bclock_gettime\b|\bgettimeofday\b|\.onEventLoop\b",
    "task": r"\bTask\s*(?:[{.<(]|$)|\bawait\b|\basync\b|\bactor\s+\w|\bDispatchQueue\b",
    "lock": r"\b(?:Mutex|Atomic|NSLock|NSRecursiveLock|NIOLock|NIOLockedValueBox|DispatchSemaphore)\b|\bpthread_\w+"
    r"|^\s*import\s+Synchronization\b",
    "randomness": r"\bSystemRandomNumberGenerator\b|\bRandomSource\.system\b|\.(?:shuffled|randomElement|shuffle)\(\s*\)",
    "socket": r"^\s*import\s+(?:\w+\s+)?(?:NIOPosix|NIOHTTP1|NIOWebSocket|NIOSSL|HTTPClient|CCurl)\b"
    r"|\bEventLoop\w*\b|\bLoopTimer\b|\bsocket\s*\(",
}


def edges(package, document):
    """Package.swift against the table, both ways, and against what must not be reached at all."""
    allowed, found = document.targets(), []
    # Tests and what only they use may depend on anything; nothing may depend on them.
    product = {name: target for name, target in package.items() if not target["is_test"]}
    for name in sorted(product.keys() - allowed.keys()):
        found.append(f"Package.swift: target {name} is not in the table 'Targets' of docs/architecture.md")
    for name in sorted(allowed.keys() - product.keys()):
        found.append(f"docs/architecture.md: target {name} is not in Package.swift")
    for name in sorted(product.keys() & allowed.keys()):
        path, may = allowed[name]
        if path != product[name]["path"]:
            found.append(f"docs/architecture.md: {name} is in {product[name]['path']}, not in {path}")
        for other in sorted(product[name]["dependencies"] - may):
            found.append(f"Package.swift: {name} may not depend on {other} (docs/architecture.md, 'Targets')")
    for name, never in sorted(document.unreachable().items()):
        for other in sorted(_reached(package, name) & never):
            found.append(f"Package.swift: {name} links {other}, through others at least, and must not")
    return found


def _reached(package, name):
    seen, todo = set(), [name]
    while todo:
        for other in package.get(todo.pop(), {"dependencies": set()})["dependencies"] - seen:
            seen.add(other)
            todo.append(other)
    return seen


def imports(package, sources):
    """A source file imports only what its target declares; SwiftPM finds more than that by accident."""
    found = []
    for name, target in sorted(package.items()):
        for source in sources[name]:
            for line, module in source.imports:
                if module not in target["dependencies"] | TOOLCHAIN | {name}:
                    found.append(f"{source.path}:{line}: imports {module}, which {name} does not declare")
    return found


def folders(package, document, sources):
    """Inside a target, folders know only those below them, so that there are no circles."""
    drawn, exceptions, found = document.folders(), document.folder_exceptions(), []
    used = set()
    for name, target in sorted(package.items()):
        inside = {_folder(source.path, target["path"]) for source in sources[name]}
        if target["is_test"] or (len(inside) < 2 and name not in drawn):
            continue
        levels = {folder: at for at, level in enumerate(drawn.get(name, [])) for folder in level}
        for folder in sorted(inside - levels.keys()):
            found.append(f"docs/architecture.md: {name}'s folder '{folder}' is not in the block 'folders'")
        for folder in sorted(levels.keys() - inside):
            found.append(f"docs/architecture.md: {name} has no folder '{folder}'")
        for (upper, lower), why in sorted(_folder_edges(sources[name], target["path"]).items()):
            if upper not in levels or lower not in levels or levels[upper] < levels[lower]:
                continue
            if (name, upper, lower) in exceptions:
                used.add((name, upper, lower))
                continue
            found.append(
                f"{name}: '{upper}' may not know '{lower}' (docs/architecture.md, 'folders'): {', '.join(sorted(why)[:4])}"
            )
    for name, upper, lower in sorted(exceptions - used):
        found.append(f"docs/architecture.md: the exception {name}: {upper} > {lower} is not needed any more")
    return found


def _folder(path, root):
    return os.path.relpath(os.path.dirname(path), root)


def _folder_edges(sources, root):
    """(folder, folder it mentions) → what it mentions, and where."""
    homes = {}
    for source in sources:
        for name in source.types | source.functions:
            homes.setdefault(name, set()).add(_folder(source.path, root))
    found = {}
    for source in sources:
        folder = _folder(source.path, root)
        # A name that the file declares itself, if only inside a type, means that.
        for name in (source.words & homes.keys()) - source.all_names:
            if folder in homes[name]:
                continue
            for home in homes[name]:
                found.setdefault((folder, home), set()).add(f"{name} in {os.path.basename(source.path)}")
    return found


def cores(document, sources):
    """No clock, task, lock, socket, randomness or Foundation in what is called a core; and what is named so is one."""
    patterns, exceptions, found = document.cores(), document.core_exceptions(), []
    every = [source for target in sources.values() for source in target if source.path.startswith("Sources/")]
    matched, used = set(), set()
    for source in every:
        hits = {pattern for pattern in patterns if _matches(source.path, pattern)}
        matched |= hits
        if not hits:
            for name in sorted(source.types):
                if name.endswith("Core"):
                    found.append(f"{source.path}: {name} is in no core of docs/architecture.md, 'Cores'")
            continue
        for kind, line in impurities(source):
            reasons = {path for path, kinds in exceptions.items() if kind in kinds and _matches(source.path, path)}
            used |= reasons
            if not reasons:
                found.append(f"{source.path}:{line}: a core takes no {kind}; it is given what it needs")
    for pattern in patterns:
        if pattern not in matched:
            found.append(f"docs/architecture.md: no source file is in the core {pattern}")
    for path in sorted(exceptions.keys() - used):
        found.append(f"docs/architecture.md: the exception for {path} is not needed any more")
    return found


def impurities(source):
    """(kind, line) of everything in a file that a core must not have."""
    for number, line in enumerate(source.lines, 1):
        for kind, pattern in IMPURE.items():
            if re.search(pattern, line):
                yield kind, number
    for match in re.finditer(r"\.random\s*\(", source.code):
        if "using:" not in _arguments(source.code, match.end()):
            yield "randomness", source.code.count("\n", 0, match.start()) + 1


def _arguments(text, at):
    start, depth = at, 1
    while at < len(text) and depth:
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return text[start:at]


def _matches(path, pattern):
    return path == pattern or path.startswith(pattern.rstrip("/") + "/") or fnmatch.fnmatchcase(path, pattern)


def kept_inside(document, sources, generated):
    """What a target only builds upon is in no public declaration of it; generated code is not public at all."""
    found = []
    for name, prefixes in sorted(document.kept_inside().items()):
        pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, prefixes))})\w*")
        for source in sources.get(name, []):
            for line, text in source.visible():
                for shown in sorted(set(pattern.findall(text))):
                    found.append(f"{source.path}:{line}: {name} shows {shown}, which is to stay inside")
        for path, text in sorted(generated.get(name, {}).items()):
            if match := re.search(r"^\s*(?:public|open)\s", text, re.MULTILINE):
                line = text.count("\n", 0, match.end() - 1) + 1
                found.append(f"{path}:{line}: generated code is public, and is to stay inside (scripts/generate-protos)")
        if name not in sources:
            found.append(f"docs/architecture.md: {name}, which keeps something inside, is no target")
    return found


def names(package, document, sources):
    """Two things never share a name: a type that two targets declare."""
    homes, found, allowed = {}, [], document.shared_names()
    for name, target in package.items():
        if target["is_test"]:
            continue
        for source in sources[name]:
            for declared in source.types:
                homes.setdefault(declared, {})[name] = source.path
    for declared, targets in sorted(homes.items()):
        if len(targets) > 1 and declared not in allowed:
            found.append(f"{declared} is declared in {' and '.join(sorted(targets.values()))}")
    for declared in sorted(allowed):
        if len(homes.get(declared, {})) < 2:
            found.append(f"docs/architecture.md: {declared} is shared by no two targets any more")
    return found
