"""The rooms of docs/architecture.md are kept apart, and the package is quick to load."""

import ast
import functools
import importlib
import subprocess
import sys
import tomllib

import pytest
from conftest import ROOT

import groovescan
from groovescan import modulation

PACKAGE = ROOT / "groovescan"

# What each room may import of ours, besides itself: the table of docs/architecture.md.
BASE = ["errors", "display", "config", "runtime", "storage", "core"]
MAY_IMPORT = {
    "__init__": None,  # loads names when they are first used
    "_moved": None,
    "errors": [],
    "display": [],  # names reporting/ in a text, which it loads when a notebook asks for a picture
    "config": ["errors", "display"],
    "runtime": ["errors"],
    "storage": ["errors", "config"],
    "core": ["errors", "display", "config", "runtime"],
    "wiener": ["runtime"],
    "photo": BASE,
    "camera": [*BASE, "modulation"],
    "locate": [*BASE, "camera"],
    "profile": BASE,
    "modulation": [*BASE, "profile"],
    "strip": [*BASE, "profile"],
    "prediction": [*BASE, "modulation", "profile", "strip"],
    "reading": [*BASE, "modulation", "profile", "strip", "wiener"],
    "joining": [*BASE, "locate", "camera", "profile", "strip", "reading", "wiener"],
    "sound": [*BASE, "wiener"],
    "quality": [*BASE, "locate", "sound", "wording"],
    "wording": BASE,
    "reporting": [*BASE, "strip", "wording"],
    "pipeline": [
        *(*BASE, "photo", "locate", "camera", "strip", "prediction", "reading", "sound"),
        *("modulation", "quality", "wording", "joining"),
    ],
    "outputs": [*BASE, "photo", "sound", "reporting"],
    "tuning": [*BASE, "photo", "sound", "wording", "reporting", "pipeline", "outputs"],
    "batch": [*BASE, "photo", "sound", "wording", "pipeline", "outputs"],
    "app": [
        *(*BASE, "photo", "sound", "wording", "reporting", "pipeline", "outputs", "batch"),
    ],
    "simulate": ["errors", "storage"],  # the truth stays independent of the decoder
    "cli": None,
    "__main__": ["cli"],
}
TOUCH_FILES = {"photo", "sound", "storage", "simulate", "outputs", "batch", "app", "cli"}
TOUCH_FILES_TOO = {"runtime/jit_cache.py", "runtime/installation.py"}
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


@functools.cache
def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path):
    return str(path.relative_to(PACKAGE))


def test_every_room_is_in_the_table():
    assert {room(path) for path in MODULES} - set(MAY_IMPORT) == set()


def test_rooms_import_only_what_they_may():
    wrong = {}
    for path in MODULES:
        allowed = MAY_IMPORT.get(room(path), [])
        found = set(imported(parsed(path))) - {room(path), "__version__"}
        wrong[place(path)] = found - set(found if allowed is None else allowed)
        if room(path) != "__main__":
            wrong[place(path)] |= found & {"cli"}
    assert len(wrong) == len(MODULES) > 100
    assert {name: rooms for name, rooms in wrong.items() if rooms} == {}


def test_only_some_rooms_touch_files():
    touching = [
        f"{place(path)}: {owner}.{name}"
        for path in MODULES
        if room(path) not in TOUCH_FILES and place(path) not in TOUCH_FILES_TOO
        for owner, name in calls(parsed(path))
        if name in FILE_CALLS and (owner in OF_MODULES or name == "open")
    ]
    assert touching == []


def test_only_the_command_line_prints():
    printing = [
        f"{place(path)}: {name}"
        for path in MODULES
        for _, name in calls(parsed(path))
        if name == "print" or (name == "echo" and room(path) != "cli")
    ]
    assert printing == []


def test_folders_stay_small():
    folders = {path.parent for path in MODULES}
    assert max(len(list(folder.glob("*.py"))) for folder in folders) <= 12


def test_names_of_modules_and_classes_stand_once():
    stems = [path.stem for path in MODULES if not path.stem.startswith("__")]
    trees = [parsed(path) for path in MODULES]
    classes = [
        node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    assert [
        name for names in (stems, classes) for name in set(names) if names.count(name) > 1
    ] == []


#: Where a modulation may be named: itself, what people choose from, and the drawing of discs.
MODULATIONS_NAMED = ("modulation/", "config/settings.py", "wording/", "simulate/")


def test_no_stage_asks_which_modulation_it_is():
    usual, *others = modulation.MODULATIONS
    asking = []
    for path in MODULES:
        if place(path).startswith(MODULATIONS_NAMED):
            continue
        nodes = list(ast.walk(parsed(path)))
        named = [n.value for n in nodes if isinstance(n, ast.Constant) and n.value in others]
        compared = [ast.unparse(n) for n in nodes if isinstance(n, ast.Compare)]
        named += [each for each in compared if repr(usual) in each]
        asking += [f"{place(path)}: {each}" for each in named]
    assert asking == []


def test_modules_stay_short():
    lines = {place(path): path.read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert {name: count for name, count in lines.items() if count >= 400} == {}


def test_the_checks_see_what_they_look_for():
    tree = ast.parse("def f():\n    from groovescan.locate.a import b\n    np.save('x', 1)\n")
    assert list(imported(tree)) == ["locate"]
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


def test_old_names_still_work_and_say_the_new_one():
    with pytest.warns(DeprecationWarning, match=r"groovescan\.files is now"):
        assert importlib.import_module("groovescan.files").write_settings
    with pytest.warns(DeprecationWarning, match="Memo"):
        assert groovescan.Kept is groovescan.Memo
    stages = groovescan.Stages("disc.tif")
    with pytest.warns(DeprecationWarning, match=r"Stages\.kept is now Stages\.memo"):
        assert stages.kept is stages.memo


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'decod'"):
        groovescan.decod  # noqa: B018


#: Rooms that need more than everybody installs.
OWN_EXTRA = {
    "app": "app",
    "batch": "cluster",
    "photo": "raw",
    "reporting": "figures",
    "tuning": "notebook",
}


def test_every_library_that_is_imported_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    names = {"needed": project["dependencies"], **{key: extras[key] for key in OWN_EXTRA.values()}}
    declared = {key: {n.split(">")[0].strip() for n in value} for key, value in names.items()}
    package_of = {
        "cv2": "opencv-python-headless",
        "skimage": "scikit-image",
        "PIL": "pillow",
        "pi_heif": "pi-heif",
        "tomli_w": "tomli-w",
    }
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


def test_the_picture_shows_every_room():
    drawn = (ROOT / "docs" / "images" / "architecture.py").read_text(encoding="utf-8")
    rooms = {room(path) for path in MODULES} - {"__init__", "__main__", "_moved"}
    assert [name for name in sorted(rooms) if f'"{name}"' not in drawn] == []
