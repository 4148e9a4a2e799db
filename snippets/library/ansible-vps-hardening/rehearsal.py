"""What is seen of the hardened server: attempts to get in, a scan from beside it, and the same playbook again."""

import shlex

from ...contract.attempts import ACCOUNT, opens, passwords_given
from ...contract.playbooks import PROFILES, linted, ran
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import NEIGHBOUR, Clone, Servers

ANSIBLE = "https://docs.ansible.com/ansible/latest/playbook_guide"
HOST = "app.example.org"
DROP_IN = "/etc/ssh/sshd_config.d/00-hardening.conf"
PLAYBOOK = "ansible-playbook harden.yml"
STATED = {22, 80, 443}
# What somebody tries who has a key and wants more than a shell; each exits 0 where it works.
THROUGH = {
    "a port that only the server itself reaches": f"ssh -W 127.0.0.1:22 root@{HOST} </dev/null | grep --quiet ^SSH",
    "the agent of whoever is logged in": f"ssh-agent ssh -A root@{HOST} 'test -S \"$SSH_AUTH_SOCK\"'",
}
# What only the server tells: for the one it lacks a program, and the other would have to be tried for long.
ALSO = ("x11forwarding no", "maxauthtries 3")
# What listens where somebody forgot to say 127.0.0.1, and what is stated.
LISTENED = (22, 80, 443, 2375, 5432, 6379, 8000)
LISTEN = """
for port in {ports}; do
    systemd-run --quiet --unit canary-$port python3 -c "
import socket
server = socket.create_server(('::', $port), family=socket.AF_INET6, dualstack_ipv6=True)
while True: server.accept()[0].close()
"
done
"""
SCAN = """
import socket, sys
for port in {ports}:
    try:
        socket.create_connection((sys.argv[1], port), timeout=1).close()
    except OSError:
        continue
    print(port)
"""


@promise(family="rehearsal", authority="https://man.openbsd.org/sshd_config")
def no_password_opens_an_account(servers: Servers) -> Judgement:
    """An account with a password, and root with one, are tried: neither opens, by either way to ask; a key does."""
    known = passwords_given(servers, HOST)
    passwords = {user: opens(servers, user, HOST) for user in ("root", ACCOUNT)}
    key = servers.run(f"ssh root@{HOST} true", check=False).status == 0
    lines = servers.run("sshd -T", on=HOST).stdout.splitlines()
    told = [line for line in lines if line.startswith(("passwordauth", "kbdinteractiveauth", "permitrootlogin"))]
    seen = ", ".join(
        f"{user}'s password {'opens' if opened else 'does not open'} it" for user, opened in passwords.items()
    )
    seen += f"; a key {'does' if key else 'does not'}; sshd -T: {', '.join(sorted(told))}"
    return kept_if(known and key and not any(passwords.values()), seen)


@promise(family="rehearsal", authority="https://man.openbsd.org/sshd_config#AllowTcpForwarding")
def a_key_opens_a_shell_and_no_more(servers: Servers) -> Judgement:
    """Whoever has a key reaches no port behind the firewall by it, and no agent of somebody who is logged in."""
    shell = servers.run(f"ssh root@{HOST} true", check=False).status == 0
    reached = [what for what, command in THROUGH.items() if servers.run(command, check=False).status == 0]
    told = set(servers.run("sshd -T", on=HOST).stdout.splitlines())
    lacking = [line for line in ALSO if line not in told]
    seen = f"a key {'opens' if shell else 'does not open'} a shell, and through it is reached "
    seen += " and ".join(reached) or "nothing else"
    seen += f"; sshd -T does not say {' and '.join(lacking)}" if lacking else f"; sshd -T: {', '.join(ALSO)}"
    return kept_if(shell and not reached and not lacking, seen)


@promise(family="rehearsal", authority=f"{ANSIBLE}/playbooks_intro.html#desired-state-and-idempotency")
def second_run_changes_nothing(servers: Servers) -> Judgement:
    """The same playbook again changes nothing, and so says its dry run."""
    again = ran(servers, PLAYBOOK, HOST)
    would = ran(servers, f"{PLAYBOOK} --check --diff", HOST)
    seen = f"{again.right} tasks right, {again.changed} changed something, {again.failed} failed; the dry run would "
    seen += f"change {would.changed}"
    return kept_if(again.right > 0 and (again.changed, again.failed, would.changed) == (0, 0, 0), seen)


@promise(family="rehearsal", authority=f"{ANSIBLE}/playbooks_checkmode.html")
def dry_run_names_a_drift(servers: Servers) -> Judgement:
    """What somebody changed by hand is named by the dry run, which mends nothing; the playbook then does."""
    servers.run(f"echo 'PasswordAuthentication yes' > {DROP_IN}", on=HOST)
    done = servers.run(f"{PLAYBOOK} --check --diff", check=False)
    named = DROP_IN in done.stdout and "+PasswordAuthentication no" in done.stdout
    untouched = servers.run(f"cat {DROP_IN}", on=HOST).stdout == "PasswordAuthentication yes\n"
    after = ran(servers, PLAYBOOK, HOST)
    seen = f"the dry run {'names' if named else 'does not name'} the edited file and "
    seen += (
        f"{'leaves' if untouched else 'changes'} it; the playbook then changes {after.changed}, {after.failed} failed"
    )
    # The file, and sshd that reads it.
    return kept_if(named and untouched and after.changed > 0 and after.failed == 0, seen)


@promise(family="rehearsal", authority=f"{ANSIBLE}/playbooks_handlers.html#handlers-and-failed-tasks")
def lost_handler_is_made_up_for(servers: Servers) -> Judgement:
    """A play that fails after it has changed a file has the service read it; once it runs through, nothing is left."""
    servers.run(f"rm {DROP_IN} && systemctl reload ssh && mv /usr/sbin/nft /usr/sbin/nft.away", on=HOST)
    servers.run("echo '# older' >> /etc/nftables.conf", on=HOST)
    passwords_given(servers, HOST)
    before = opens(servers, ACCOUNT, HOST)
    failed = ran(servers, PLAYBOOK, HOST).failed
    meanwhile = opens(servers, ACCOUNT, HOST)
    servers.run("mv /usr/sbin/nft.away /usr/sbin/nft", on=HOST)
    again = ran(servers, PLAYBOOK, HOST).failed
    after = opens(servers, ACCOUNT, HOST)
    seen = f"{failed} task failed, and a password {'still opens' if meanwhile else 'opens no'} account; "
    seen += f"after a run with {again} failures it {'still opens one' if after else 'opens none'}"
    return kept_if(before and failed == 1 and not meanwhile and again == 0 and not after, seen)


@promise(family="rehearsal", authority="https://wiki.nftables.org/wiki-nftables/index.php/Simple_ruleset_for_a_server")
def only_stated_ports_answer(servers: Servers) -> Judgement:
    """Of seven ports on which something listens three answer a neighbour, by IPv4 and IPv6, after a boot too."""
    servers.arrive()
    seen: list[str] = []
    answered: list[set[int]] = []
    for moment in ("at once", "after a boot"):
        if answered:
            servers.kill(HOST)
            servers.start(HOST)
        servers.run(LISTEN.format(ports=" ".join(str(port) for port in LISTENED if port != 22)), on=HOST)  # noqa: PLR2004 - sshd's
        servers.run("timeout 5 bash -c 'until ss -ltn | grep -q :8000; do sleep 0.1; done'", on=HOST)
        for version in (4, 6):
            address = servers.address(HOST, version=version)
            scan = shlex.join(["python3", "-c", SCAN.format(ports=LISTENED), address])
            ports = {int(port) for port in servers.run(scan, on=NEIGHBOUR).stdout.split()}
            answered.append(ports)
            seen.append(f"{', '.join(map(str, sorted(ports))) or 'none'} {moment} by IPv{version}")
    return kept_if(all(ports == STATED for ports in answered), f"of {len(LISTENED)} ports answer {'; '.join(seen)}")


@promise(family="rehearsal", authority=PROFILES)
def hardening_passes_the_linter(clone: Clone) -> Judgement:
    """The playbook passes ansible-lint's profile production, its strictest."""
    return linted(clone, "harden.yml")
