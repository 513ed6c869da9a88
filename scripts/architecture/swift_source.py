"""What of a Swift source file the rules look at: its code without comments and texts, its imports, its declarations."""

import re

DECLARATION = re.compile(r"\b(struct|class|enum|protocol|actor|typealias|func)\s+([A-Za-z_]\w*)")
IMPORT = re.compile(
    r"^[ \t]*(?:@\w+(?:\([^)]*\))?[ \t]+)*(?:(?:public|package|internal|fileprivate|private)[ \t]+)?"
    r"import[ \t]+(?:(?:struct|class|enum|protocol|typealias|func|let|var)[ \t]+)?([A-Za-z_]\w*)",
    re.MULTILINE,
)
# `.name` is a member of something; only what stands by itself can be a type of another folder.
WORD = re.compile(r"(?<![\w.])([A-Za-z_]\w*)")


def code(text):
    """The text without comments and string literals; what is interpolated stays, and so do the lines."""
    out, at = [], 0
    while at < len(text):
        if text.startswith("//", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif text.startswith("/*", at):
            at = _skip_comment(text, at, out)
        elif text[at] in '#"' and (quote := re.compile(r'(#*)("""|")').match(text, at)):
            at = _skip_string(text, quote, out)
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def _skip_comment(text, at, out):
    depth = 0
    while at < len(text):
        if text.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif text.startswith("*/", at):
            depth, at = depth - 1, at + 2
            if depth == 0:
                break
        else:
            if text[at] == "\n":
                out.append("\n")
            at += 1
    return at


def _skip_string(text, quote, out):
    hashes, mark = quote.groups()
    end, escape, at = mark + hashes, "\\" + hashes, quote.end()
    out.append('"')
    while at < len(text) and not text.startswith(end, at):
        if text.startswith(escape + "(", at):
            start = at = at + len(escape) + 1
            depth = 1
            while at < len(text) and depth:
                depth += {"(": 1, ")": -1}.get(text[at], 0)
                at += 1
            out.append(" " + code(text[start : at - 1]) + " ")
        elif text.startswith(escape, at):
            at += len(escape) + 1
        elif text[at] == "\n" and mark == '"':
            break
        else:
            if text[at] == "\n":
                out.append("\n")
            at += 1
    out.append('"')
    return at + len(end)


class Source:
    """One file: `path` relative to the package, and what its code declares, mentions and imports."""

    def __init__(self, path, text):
        self.path = path
        self.code = code(text)
        self.lines = self.code.split("\n")
        self.imports = [(self._line(match.start(1)), match.group(1)) for match in IMPORT.finditer(self.code)]
        # Top-level and visible to other files: types, and functions apart from them.
        self.types, self.functions, self.all_names = set(), set(), set()
        self._find_declarations()
        self.words = set(WORD.findall(self.code))

    def _line(self, offset):
        return self.code.count("\n", 0, offset) + 1

    def _find_declarations(self):
        depth = 0
        for line in self.lines:
            for match in re.finditer(r"[{}]|" + DECLARATION.pattern, line):
                if match.group(0) == "{":
                    depth += 1
                elif match.group(0) == "}":
                    depth -= 1
                else:
                    kind, name = match.group(1), match.group(2)
                    self.all_names.add(name)
                    if depth or re.search(r"\b(?:file)?private\b", line[: match.start()]):
                        continue
                    (self.functions if kind == "func" else self.types).add(name)
