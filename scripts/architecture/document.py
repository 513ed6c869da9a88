"""Reads the rules from docs/architecture.md: tables under a heading, and fenced blocks by their name."""

import re

NAME = re.compile(r"`([^`]+)`")


class Document:
    def __init__(self, text):
        self.text = text

    def table(self, heading):
        """The rows, as lists of cells, of the first table under a heading; none where there is none."""
        rows, inside = [], False
        for line in self.text.split("\n"):
            if line.startswith("#"):
                if inside:
                    break
                inside = line.lstrip("#").strip() == heading
            elif inside and line.startswith("|"):
                rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
            elif inside and rows:
                break
        return rows[2:]

    def block(self, name):
        """The lines of the fenced block that is opened with ```name, without comments and empty lines."""
        match = re.search(rf"^```{re.escape(name)}\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)
        lines = (line.split("#")[0].strip() for line in match.group(1).split("\n")) if match else []
        return [line for line in lines if line]

    def targets(self):
        """Target → (path, names it may depend on)."""
        found = {}
        for targets, path, allowed in (row for row in self.table("Targets") if len(row) == 3):
            for target in NAME.findall(targets):
                folder = (NAME.findall(path) or [""])[0]
                found[target] = (folder.replace("…", target), set(NAME.findall(allowed)))
        return found

    def unreachable(self):
        """Target → modules that it must not link, through others either."""
        return {line.split(":")[0].strip(): set(line.split(":")[1].split()) for line in self.block("links-none-of")}

    def folders(self):
        """Target → levels of folders, the highest first; folders of one level do not know each other."""
        found = {}
        for line in self.block("folders"):
            target, levels = line.split(":", 1)
            found[target.strip()] = [[name.strip() for name in level.split(",")] for level in levels.split(">")]
        return found

    def folder_exceptions(self):
        """(target, folder, folder) → nothing but that it is allowed: `Target: from > to`."""
        found = set()
        for line in self.block("folders-allowed"):
            target, edge = line.split(":", 1)
            upper, lower = edge.split(">")
            found.add((target.strip(), upper.strip(), lower.strip()))
        return found

    def cores(self):
        """Paths or patterns of what is sans-IO."""
        return [name for row in self.table("Cores") for name in NAME.findall(row[0])]

    def core_exceptions(self):
        """Path or pattern → kinds of things that it may use all the same."""
        found = {}
        for paths, kinds, _ in (row for row in self.table("What cores may use all the same") if len(row) == 3):
            for path in NAME.findall(paths):
                found[path] = {kind.strip() for kind in kinds.split(",")}
        return found

    def kept_inside(self):
        """Target → how the names of what it must not show begin."""
        found = {}
        for line in self.block("kept-inside"):
            target, prefixes = line.split(":", 1)
            found[target.strip()] = prefixes.split()
        return found

    def shared_names(self):
        """Type names that two targets may declare, each with its reason behind it."""
        return {line.split(":")[0].strip() for line in self.block("shared-names")}
