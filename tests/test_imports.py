"""The rooms of docs/architecture.md are kept apart, and the package is quick to load."""

import ast
import subprocess
import sys
import tomllib

import pytest
from conftest import ROOT

import groovescan

PACKAGE = ROOT / "groovescan"

# What each room may import of ours, besides itself: the table of docs/architecture.md.
BASE = ["errors", "settings", "photograph", "results"]
MAY_IMPORT = {
    "__init__": None,  # loads names when they are first used
    "errors": [],
    "shown": [],  # names show/ in a text, which it loads when a notebook asks for a picture
    "checked": ["errors", "shown"],
    "settings": ["errors", "checked", "shown"],
    "account": [],
    "photograph": ["shown", "compiled"],
    "results": ["errors", "settings", "account", "photograph", "shown"],
    "files": ["errors", "settings"],
    "fields": ["checked", "settings"],
    "kept": ["errors", "checked", "settings"],
    "geometry": BASE,
    "smoother": ["threads", "compiled", "dft"],
    "threads": ["errors"],
    "compiled": [],
    "dft": [],
    "memory": [],
    "progress": [],
    "photo": [*BASE, "threads"],
    "disc": [*BASE, "geometry", "threads", "compiled"],
    "groove": [*BASE, "geometry", "smoother", "threads", "compiled", "progress"],
    "sound": [
        *BASE,
        "account",
        "files",
        "geometry",
        "kept",
        "smoother",
        "threads",
        "compiled",
        "dft",
    ],
    "seen": ["results", "shown"],
    "words": ["results", "seen"],
    "advice": ["results", "seen"],
    "show": ["checked", "settings", "fields", "results", "seen", "geometry", "words"],
    "simulate": ["errors", "files"],
    "course": ["results", "disc", "groove"],
    "pipeline": [
        *(*BASE, "compiled", "progress", "geometry", "kept"),
        *("photo", "disc", "groove", "course", "sound"),
    ],
    "inspection": [
        *BASE,
        "progress",
        "geometry",
        "seen",
        "advice",
        "photo",
        "disc",
        "groove",
        "course",
        "pipeline",
    ],
    "reporting": [*BASE, "geometry", "groove", "show"],
    "tuning": [
        *(*BASE, "files", "fields", "kept", "words", "show", "sound"),
        *("pipeline", "inspection", "reporting"),
    ],
    "outputs": [*BASE, "files", "photo", "sound", "reporting", "threads"],
    "collection": [
        *(*BASE, "checked", "files", "outputs", "photo", "pipeline", "sound", "threads", "words"),
    ],
    "cli": None,
    "__main__": ["cli"],
}
TOUCH_FILES = {"files", "photo", "sound", "simulate", "outputs", "collection", "cli"}
FILE_CALLS = {
    *("open", "unlink", "replace", "rename", "link", "mkdir", "touch"),
    *("read_text", "read_bytes", "write_text", "write_bytes"),
    *("imread", "imwrite", "imsave", "load", "save", "savez", "savez_compressed"),
    *("loadtxt", "savetxt", "fromfile", "tofile", "memmap", "savefig"),
}
OF_MODULES = {"os", "np", "numpy", "cv2", "tifffile", "soundfile", "shutil", "path", "file"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path):
    """The room that a module belongs to: its folder, or itself at the top."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(tree):
    """Rooms of ours that a module imports, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            pytest.fail("imports are absolute")
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "groovescan":
            names = [f"groovescan.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module]
        for name in names:
            if name == "groovescan" or name.startswith("groovescan."):
                yield name.partition(".")[2].partition(".")[0]


def calls(tree):
    """Names of what a module calls: the function, and what stands before its dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield "", node.func.id
            elif isinstance(node.func, ast.Attribute):
                owner = node.func.value
                yield owner.id if isinstance(owner, ast.Name) else "", node.func.attr


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture(params=MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def module(request):
    return request.param


def test_every_room_is_in_the_table(module):
    assert room(module) in MAY_IMPORT


def test_rooms_import_only_what_they_may(module):
    allowed = MAY_IMPORT[room(module)]
    found = set(imported(parsed(module))) - {room(module), "__version__"}
    assert allowed is None or found <= set(allowed)
    assert "cli" not in found or room(module) == "__main__"


def test_only_some_rooms_touch_files(module):
    if room(module) in TOUCH_FILES:
        return
    touching = [
        f"{owner}.{name}"
        for owner, name in calls(parsed(module))
        if name in FILE_CALLS and (owner in OF_MODULES or name == "open")
    ]
    assert touching == []


def test_only_the_command_line_prints(module):
    assert [name for _, name in calls(parsed(module)) if name == "print"] == []
    if room(module) != "cli":
        assert "echo" not in [name for _, name in calls(parsed(module))]


def test_modules_stay_short(module):
    assert len(module.read_text(encoding="utf-8").splitlines()) < 400


def test_the_checks_see_what_they_look_for():
    tree = ast.parse("def f():\n    from groovescan.disc.a import b\n    np.save('x', 1)\n")
    assert list(imported(tree)) == ["disc"]
    assert ("np", "save") in calls(tree)
    assert list(imported(ast.parse("from groovescan import cli, photo"))) == ["cli", "photo"]


def test_the_package_and_the_help_load_nothing_heavy():
    program = (
        "import sys, groovescan, groovescan.cli\n"
        "heavy = {'numpy', 'cv2', 'scipy', 'skimage', 'soundfile', 'soxr', 'tifffile'}\n"
        "heavy |= {'matplotlib', 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_public_names_are_there():
    for name in groovescan.__all__:
        assert getattr(groovescan, name) is not None
    assert set(groovescan.__all__) <= set(dir(groovescan))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'decod'"):
        groovescan.decod  # noqa: B018


#: Rooms that need more than everybody installs.
OWN_EXTRA = {"collection": "cluster", "photo": "raw", "tuning": "notebook"}


def test_every_library_that_is_imported_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    names = {"needed": project["dependencies"], **{key: extras[key] for key in OWN_EXTRA.values()}}
    declared = {key: {n.split(">")[0].strip() for n in value} for key, value in names.items()}
    package_of = {"cv2": "opencv-python", "skimage": "scikit-image", "tomli_w": "tomli-w"}
    for path in MODULES:
        allowed = declared["needed"] | declared.get(OWN_EXTRA.get(room(path), ""), set())
        for node in ast.walk(parsed(path)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            for name in (name.split(".")[0] for name in names):
                if name not in sys.stdlib_module_names | {"groovescan"}:
                    assert package_of.get(name, name) in allowed
