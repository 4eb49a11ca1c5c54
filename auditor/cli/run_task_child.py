"""The process in which one plan of a run task is checked: `auditor` within limits of memory.

python -m auditor.cli.run_task_child MEBIBYTES ARGUMENT…
"""

import os
import sys

from auditor import children
from auditor.cli.main import main

if __name__ == "__main__":
    os.close(children.begin(int(sys.argv[1]) << 20))
    main(sys.argv[2:])
