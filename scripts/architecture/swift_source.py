"""What of a Swift source file the rules look at: its code without comments and texts, its imports, its declarations."""

import re

DECLARATION = re.compile(r"\b(struct|class|enum|protocol|actor|typealias|func)\s+([A-Za-z_]\w*)")
IMPORT = re.compile(
    r"^[ \t]*(?:@\w+(?:\([^)]*\))?[ \t]+)*(?:(?:public|package|internal|fileprivate|private)[ \t]+)?"
    r"import[ \t]+(?:(?:struct|class|enum|protocol|typealias|func|let|var)[ \t]+)?([A-Za-z_]\w*)",
    re.MULTILINE,
)
VISIBLE = re.compile(r"\b(?:public|open)\b(?!\s*\()")
HIDDEN = re.compile(r"\b(?:package|internal|fileprivate|private)\b(?!\s*\()")
# A line that goes on with what the one before it declares.
CONTINUED = re.compile(r"\n\s*(?:->|where\b|throws\b|async\b|[{:])")
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

    def visible(self):
        """(line, text) of what other packages see: each `public` or `open` declaration without its body, and what is
        visible with its type: the cases of an enum, the requirements of a protocol, the members of an extension."""
        for match in VISIBLE.finditer(self.code):
            end, opens = self._end_of_declaration(match.end())
            declared = self.code[match.start() : end]
            yield self._line(match.start()), declared
            if opens and re.search(r"\b(enum|protocol|extension)\b", declared):
                yield from self._visible_members(end, only_cases=bool(re.search(r"\benum\b", declared)))

    def _end_of_declaration(self, at):
        """Where its body, its value or the next line begins, and whether it has a body."""
        depth = 0
        while at < len(self.code):
            letter = self.code[at]
            depth += (letter in "([") - (letter in ")]")
            if letter == "{" and depth == 0:
                return at, True
            if letter == "\n" and depth <= 0 and not CONTINUED.match(self.code, at):
                return at, False
            at += 1
        return at, False

    def _visible_members(self, at, only_cases):
        """Those of the body that begins there, each up to its own body or the end of its line."""
        depth, start, parentheses = 0, at + 1, 0
        while at < len(self.code):
            letter = self.code[at]
            parentheses += (letter == "(") - (letter == ")")
            if depth == 1 and (letter == "{" or (letter == "\n" and not parentheses)):
                text = self.code[start:at]
                is_seen = not only_cases or re.match(r"\s*(?:indirect\s+)?case\b", text)
                if text.strip() and is_seen and not HIDDEN.search(text):
                    yield self._line(start + len(text) - len(text.lstrip())), text
                start = at + 1
            if letter in "{}":
                depth += 1 if letter == "{" else -1
                start = at + 1
                if depth == 0:
                    return
            at += 1

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
