"""drain.py LOG: Drain3 with the masks of the yardstick over the messages of LOG, one a line. For its time only."""
import sys

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

BEGIN, END = r"((?<=[^A-Za-z0-9])|^)", r"((?=[^A-Za-z0-9])|$)"
MASKS = (
    r"(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))",
    r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(:\d+)?)",
    r"(0x[a-fA-F0-9]+)",
    r"([\-\+]?\d+)",
)

config = TemplateMinerConfig()
config.mask_prefix, config.mask_suffix = "<", ">"
config.masking_instructions = [MaskingInstruction(BEGIN + mask + END, "*") for mask in MASKS]
miner = TemplateMiner(config=config)
with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
    for line in log:
        # Time, host and program are left out: it gets the message only, which is less than we read.
        miner.add_log_message(line.rstrip("\n").split(": ", 1)[-1])
print(len(miner.drain.clusters))
