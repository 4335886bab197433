"""Every risk that is looked for, and what looks like one and is none."""
import hashlib, pickle, ssl, tarfile, tempfile, yaml


def risky(db, name, path, connect):
    pickle.loads(name)
    # <- risk
    yaml.unsafe_load(name)
    # <- risk
    yaml.load(name)
    # <- risk
    yaml.load(name, Loader=yaml.SafeLoader)
    # ! risk
    ssl._create_unverified_context()
    # <- risk
    hashlib.md5(name)
    # <- risk
    hashlib.md5(name, usedforsecurity=False)
    # ! risk
    tempfile.mktemp()
    # <- risk
    db.execute(f"SELECT * FROM t WHERE a = {name}")
    # <- risk
    db.execute("DELETE FROM t WHERE a = %s" % name)
    # <- risk
    db.execute("UPDATE t SET a = {}".format(name))
    # <- risk
    db.execute("SELECT * FROM t WHERE a = ?", (name,))
    # ! risk
    password = "hunter2"
    # <- risk
    password = ""
    # ! risk
    connect(password="hunter2")
    #       ^^^^^^^^^^^^^^^^^^ risk
    with tarfile.open(path) as tar:
        tar.extractall(path)
        # <- risk
        tar.extractall(path, filter="data")
        # ! risk
