"""Runs the examples of a function's docstring against a body that was written for it.

The module is taken from a copy of its package in a folder of its own, in a child process with little time and memory.
"""
import ast, doctest, pathlib, shutil, subprocess, sys, tempfile

SECONDS = 10
CHILD = """
import doctest, importlib, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (8, 8))
sys.path.insert(0, sys.argv[1])
names = vars(importlib.import_module(sys.argv[2]))
test = doctest.DocTestParser().get_doctest(sys.stdin.read(), dict(names), sys.argv[3], None, 0)
sys.exit(doctest.DocTestRunner(verbose=False).run(test, out=lambda text: None).failed > 0)
"""


def examples(case):
    """The docstring of a case's function if it has examples, else none."""
    for node in ast.walk(ast.parse(case.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.lineno == case.line:
            text = ast.get_docstring(node) or ""
            try:
                return text if doctest.DocTestParser().get_examples(text) else None
            except ValueError:
                return None
    return None


def passes(case, text, docstring):
    """Whether the examples hold when the module of a case has this text; none if they do not run at all."""
    top = case.path.parent
    while (top / "__init__.py").exists():
        top = top.parent
    inside = case.path.relative_to(top)
    with tempfile.TemporaryDirectory() as folder:
        if len(inside.parts) > 1:
            shutil.copytree(top / inside.parts[0], pathlib.Path(folder, inside.parts[0]), ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        pathlib.Path(folder, inside).write_text(text)
        module = ".".join(inside.with_suffix("").parts).removesuffix(".__init__")
        command = [sys.executable, "-I", "-B", "-c", CHILD, folder, module, case.name]
        try:
            done = subprocess.run(command, input=docstring, text=True, capture_output=True, timeout=SECONDS, cwd=folder, env={"HOME": folder})
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def judge(case, original, text):
    """Whether a body passes the examples of its function; none where there are none, or where they do not tell the original from a stub."""
    docstring = examples(case)
    if docstring is None or not passes(case, original, docstring) or passes(case, case.text, docstring):
        return None
    return passes(case, text, docstring)
