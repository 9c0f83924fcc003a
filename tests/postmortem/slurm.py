# SPDX-License-Identifier: GPL-2.0-or-later
"""A Slurm cluster of one node, this one, that listens on loopback only and is gone at the end. It has to be run as root."""
import os
import shutil
import socket
import subprocess
import tempfile
import time

TIME_LIMIT = 120.0

CONFIGURATION = """
ClusterName=postmortem
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmctldParameters=enable_configless
AuthType=auth/munge
AuthInfo=socket={directory}/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdLogFile={directory}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
NodeName={host} NodeAddr=127.0.0.1 NodeHostname={host} CPUs={cpus} RealMemory=512 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES State=UP MaxTime=INFINITE OverSubscribe=NO
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Cluster:
    """environment is what sbatch needs."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="slurm.")
        self.started = []
        os.chmod(self.directory, 0o755)
        for name in ("state", "spool"):
            os.mkdir(os.path.join(self.directory, name))
        configuration = os.path.join(self.directory, "slurm.conf")
        with open(configuration, "w", encoding="ascii") as file:
            file.write(CONFIGURATION.format(host=socket.gethostname().split(".")[0], ports=[free_port(), free_port()], directory=self.directory,
                                            cpus=os.cpu_count()))
        with open(os.path.join(self.directory, "cgroup.conf"), "w", encoding="ascii") as file:
            file.write("CgroupAutomount=no\n")
        key = os.path.join(self.directory, "munge.key")
        with open(key, "wb") as file:
            file.write(os.urandom(128))
        os.chmod(key, 0o600)
        self.environment = dict(os.environ, SLURM_CONF=configuration, PATH="/usr/sbin:/sbin:" + os.environ["PATH"])
        try:
            self._start("munged", "--foreground", "--force", "--key-file", key, "--socket", self.directory + "/munge.socket", "--pid-file",
                        self.directory + "/munged.pid", "--log-file", self.directory + "/munged.log", "--seed-file", self.directory + "/munged.seed")
            self._wait("munged", lambda: os.path.exists(self.directory + "/munge.socket"))
            self._start("slurmctld", "-D", "-f", configuration)
            self._start("slurmd", "-D", "-f", configuration)
            self._wait("the node", lambda: subprocess.run(["sinfo", "-h", "-o", "%t"], env=self.environment, stdout=subprocess.PIPE,
                                                          stderr=subprocess.DEVNULL).stdout.strip() == b"idle")
        except BaseException:
            self.close()
            raise

    def _start(self, *command):
        with open(os.path.join(self.directory, command[0] + ".out"), "wb") as out:
            self.started.append((command[0], subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)))

    def _wait(self, what, there):
        deadline = time.monotonic() + TIME_LIMIT
        while not there():
            for name, process in self.started:
                if process.poll() is not None:
                    raise AssertionError("%s has ended:\n%s" % (name, self.words(name)))
            if time.monotonic() > deadline:
                raise AssertionError("%s does not come up:\n%s" % (what, "\n".join(self.words(name) for name, _ in self.started)))
            time.sleep(0.2)

    def words(self, name):
        said = []
        for ending in (".out", ".log"):
            try:
                with open(os.path.join(self.directory, name + ending), encoding="utf-8", errors="replace") as file:
                    said += file.read().splitlines()[-15:]
            except OSError:
                pass
        return "\n".join(said)

    def close(self):
        for _, process in reversed(self.started):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
