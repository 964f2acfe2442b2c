"""Runs samples: each line of the input is the code of one, as a JSON string,
and is answered by a line with the status that it got and what it printed."""

import contextlib
import io
import json
import sys
import traceback


def run(code):
    # The pages print what is true in JavaScript's spelling.
    scope = {"true": True, "false": False, "null": None}
    printed, failure = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "sample.py", "exec"), scope)
    except Exception:
        failure = traceback.format_exc()
    status = scope["response"].status_code if "response" in scope else 0
    return {"status": status, "output": printed.getvalue(), "failure": failure}


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
