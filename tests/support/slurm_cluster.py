"""A Slurm cluster of two nodes on this machine: real daemons, real jobs, and devices that pass for GPUs.

Nothing of it is simulated but the GPUs, and both nodes are one machine: munge signs, slurmctld schedules, two slurmd
run jobs. It needs root and Debian's packages, which it installs, and it leaves nothing running.
"""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.support.processes import alive, find_processes, wait_for

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "slurm-wlm-basic-plugins", "munge")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "scancel", "squeue", "munged")
NODES = ("n1", "n2")
# Of each node.
CORES = 2
CONTROLLER_PORT, FIRST_NODE_PORT = 16817, 16901
# Slurm's job step forgets SLURM_CONF, so the configuration has to be where every program looks for it.
SYSTEM_FOLDER = Path("/etc/slurm")
# Every process of a job inherits it: so they are found, even those that Slurm has lost sight of.
MARK = "OSCILLATOR_FIELD_TEST_CLUSTER"

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={root}/run/munge.sock
SlurmctldPort={port}
SlurmctldPidFile={root}/run/slurmctld.pid
SlurmdPidFile={root}/run/slurmd.%n.pid
SlurmctldLogFile={root}/log/slurmctld.log
SlurmdLogFile={root}/log/slurmd.%n.log
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MailProg=/bin/true
JobCompType=jobcomp/filetxt
JobCompLoc={root}/log/jobcomp.log
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2
GresTypes=gpu
ReturnToService=2
MinJobAge=3600
KillWait=2
SlurmdTimeout=15
SlurmctldTimeout=15
InactiveLimit=0
SlurmdParameters=config_overrides
DefMemPerCPU=100
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cores} Boards=1 SocketsPerBoard=1"
    " CoresPerSocket={cores} ThreadsPerCore=1 RealMemory=8000 Gres=gpu:2 State=UNKNOWN\n"
)


def why_not():
    """Why no cluster can be started here, or None if one can; installs what is missing."""
    if os.geteuid() != 0:
        return "Slurm cannot be installed and started here: that takes root"
    ours = SYSTEM_FOLDER / "slurm.conf"
    if ours.exists() and not ours.is_symlink():
        return f"this machine has a Slurm of its own: {ours}"
    return why_not_installed(PROGRAMS, PACKAGES)


def why_not_installed(programs, packages):
    """Install Debian's packages if programs are missing; why that cannot be done, or None if they are there."""
    if all(map(shutil.which, programs)):
        return None
    what = ", ".join(packages)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"{what} cannot be installed here: that takes root and apt-get"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode:
            return f"{what} cannot be installed here: {done.stderr.strip()[-200:]}"
    return None


class Cluster:
    """Two nodes with two processors and two GPUs each; `with` starts and stops it."""

    def __init__(self, root):
        self.root = Path(root)
        # In the environment of each job, and so of all that it starts: for finding them.
        self.mark = f"{MARK}={self.root}"
        self.host = subprocess.run(["hostname", "-s"], capture_output=True, text=True, check=True).stdout.strip()

    @property
    def environment(self):
        """What a call of Snakemake needs to submit here."""
        return {**os.environ, MARK: str(self.root)}

    def __enter__(self):
        self._clear_earlier()
        for folder in ("run", "log", "state", "dev", *(f"spool/{name}" for name in NODES)):
            (self.root / folder).mkdir(parents=True)
        self._configure()
        try:
            self._start_munge()
            self.start_controller()
            for name in NODES:
                self.start_node(name)
            wait_for(lambda: self.states() == dict.fromkeys(NODES, "idle"), 30, "idle nodes")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in ("slurmctld", *(f"slurmd.{node}" for node in NODES), "munged"):
            self._stop(name)
        for process in find_processes(variable=self.mark):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for name in ("slurm.conf", "gres.conf"):
            (SYSTEM_FOLDER / name).unlink(missing_ok=True)

    def states(self):
        """The state of each node, as `sinfo` says it."""
        lines = self.ask("sinfo", "--noheader", "--Node", "--format=%N %t").splitlines()
        return dict(line.split() for line in lines)

    def jobs(self):
        """The jobs that Slurm knows: their number, state, node and name of the rule or group."""
        lines = self.ask("squeue", "--noheader", "--states=all", "--format=%i|%T|%N|%k").splitlines()
        return [dict(zip(("number", "state", "node", "comment"), line.split("|"), strict=True)) for line in lines]

    def details(self, number):
        """All that Slurm says of a job."""
        return self.ask("scontrol", "show", "job", str(number))

    def cancel(self, number):
        self.ask("scancel", str(number))

    def ask(self, *command):
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    def start_controller(self):
        subprocess.run(["slurmctld", "-f", self.root / "slurm.conf"], check=True)
        wait_for(lambda: b"UP" in subprocess.run(["scontrol", "ping"], capture_output=True).stdout, 30, "slurmctld")

    def stop_controller(self):
        self._stop("slurmctld")

    def start_node(self, name):
        # A session of its own: it outlives nothing that the test kills, and takes nothing with it.
        subprocess.run(["slurmd", "-f", self.root / "slurm.conf", "-N", name], check=True, start_new_session=True)

    def kill_node(self, name):
        """The daemon of a node, at once; what it started lives on, as after a fault of its network."""
        self._stop(f"slurmd.{name}", signal.SIGKILL)

    def _configure(self):
        nodes = "".join(
            NODE.format(name=name, host=self.host, port=FIRST_NODE_PORT + i, cores=CORES)
            for i, name in enumerate(NODES)
        )
        configuration = CONFIGURATION.format(host=self.host, root=self.root, port=CONTROLLER_PORT)
        head, partition = configuration.rsplit("PartitionName", 1)
        (self.root / "slurm.conf").write_text(f"{head}{nodes}PartitionName{partition}")
        for number in range(2):
            # The null device under another name: Slurm wants a character device, and hands it out.
            os.mknod(self.root / "dev" / f"gpu{number}", 0o20666, os.makedev(1, 3))
        gpus = "".join(f"NodeName={name} Name=gpu File={self.root}/dev/gpu[0-1]\n" for name in NODES)
        (self.root / "gres.conf").write_text(f"AutoDetect=off\n{gpus}")
        SYSTEM_FOLDER.mkdir(exist_ok=True)
        for name in ("slurm.conf", "gres.conf"):
            (SYSTEM_FOLDER / name).unlink(missing_ok=True)
            (SYSTEM_FOLDER / name).symlink_to(self.root / name)

    def _start_munge(self):
        key = self.root / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(1024))
        # It refuses a socket in a folder that its users cannot enter.
        for folder in (self.root, self.root / "run"):
            folder.chmod(0o755)
        run, log = self.root / "run", self.root / "log"
        files = {
            "key-file": key,
            "socket": run / "munge.sock",
            "pid-file": run / "munged.pid",
            "log-file": log / "munged.log",
            "seed-file": run / "munged.seed",
        }
        options = [f"--{option}={path}" for option, path in files.items()]
        # --force: the folders above the socket are those of a test, which it would call insecure.
        subprocess.run(["munged", "--force", *options], check=True, capture_output=True)

    def _stop(self, name, how=signal.SIGTERM):
        pid_file = self.root / "run" / f"{name}.pid"
        try:
            process = int(pid_file.read_text())
            os.kill(process, how)
        except (OSError, ValueError):
            return
        with suppress(TimeoutError):
            wait_for(lambda: not alive(process), 10, f"the end of {name}")
            return
        os.kill(process, signal.SIGKILL)

    def _clear_earlier(self):
        """Stop what a test that was killed has left behind."""
        link = SYSTEM_FOLDER / "slurm.conf"
        if link.is_symlink():
            Cluster(os.path.dirname(os.readlink(link))).__exit__()
